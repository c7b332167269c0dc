"""Unsafe SQS-to-Lambda settings in apps that never heard of this library, read from their templates.

    Validations.of(app).add_plugins(FlowControlChecks())        # at synth: plugin.py
    python -m constructs_lib.flow_control.checks cdk.out        # any time, SAM's and plain templates too: __main__.py

    PATHs
      |  templates.py         finds the templates; assemblies.py reads the manifest of a cdk.out
      |  documents.py         opens each file: JSON, or YAML with CloudFormation's short forms
      |  sam.py, nesting.py   translates SAM's, and follows nested stacks
    Template, Resource        resources.py: as it was read
      |  raw.py, values.py    resolve intrinsic functions, to literals or to what is known of a text (symbols.py)
      |  names.py             finds the resource that a reference, an ARN or a name is of
    App                       app.py: what a property comes to, what it refers to, where a function's code is
      |  queues.py, functions.py, mappings.py, sources.py, alarms.py, triggers.py, permissions.py
      |                       read each kind, with AWS's defaults (properties.py); code/ reads the functions' code
      |  connections.py       who is connected with whom, and certainly exists together (conditions.py)
    Subject                   subjects.py: each mapping, queue, function, source and alarm, with its facts
      |  ../rules             the table that the construct is asked about too
      |  acknowledgements.py  what an author overruled
      |  locations.py         the properties that a rule read
    Results                   results.py
      |  report.py, sarif.py, plugin.py
    text, JSON, SARIF, CDK's report

Only the plugin imports aws_cdk.
"""
