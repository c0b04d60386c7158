"""Published and derived results on the rationing game, each run through the package's own code."""
