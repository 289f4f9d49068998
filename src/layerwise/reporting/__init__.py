"""Reports: notebooks executed on the pipeline's artifacts and converted to self-contained HTML pages."""
