"""What the workflow needs around every command: files, digests of code, failures, progress, the command line."""
