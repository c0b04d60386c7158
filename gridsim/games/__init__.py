"""Small games played with the allocation rules, contracts and decision rules of the model."""
