"""The author's side of an IdempotentProvider: what its Lambda function imports.

Example:
    from constructs_lib.runtime.custom_resource import NotFound, ResourceHandler

    class Elastigroup(ResourceHandler):
        replace_on = {"Region"}

        def create(self, ctx, properties):
            group = api.create_group(properties, client_token=ctx.token)
            return group.id, {"Arn": group.arn}

        def update(self, ctx, physical_id, properties, old_properties):
            api.update_group(physical_id, properties)

        def delete(self, ctx, physical_id, properties):
            try:
                api.delete_group(physical_id)
            except api.NoSuchGroup as error:
                raise NotFound from error

    handler = Elastigroup.as_handler()
"""

from constructs_lib.runtime.custom_resource.context import Context
from constructs_lib.runtime.custom_resource.outcome import Failed, InProgress, NotFound
from constructs_lib.runtime.custom_resource.resource import ResourceHandler

__all__ = ["Context", "Failed", "InProgress", "NotFound", "ResourceHandler"]
