"""From a scenario and a seed to a result."""
