"""Reports: notebooks run on artifacts and turned into pages that need nothing but a browser."""
