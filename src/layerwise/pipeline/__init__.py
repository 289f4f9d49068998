"""Support code of the workflow: files, digests of code, failures, progress, and the command line."""
