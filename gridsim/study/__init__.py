"""Studies: what many runs of a scenario say, set against what is known of real queues."""
