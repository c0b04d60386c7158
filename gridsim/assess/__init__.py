"""Real queues of requests: what do they really stand for."""
