"""What the drills stand on: a sandbox with the real binary, scripted receivers, clients and fault tools."""
