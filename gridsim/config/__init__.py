"""What a run is: the scenario schema, and the reader that turns YAML into it."""
