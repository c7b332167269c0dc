"""The example stacks, with and without the library: order hubs and a slow courier, elastigroups and their vendor."""
