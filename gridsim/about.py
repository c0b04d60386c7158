"""What gridsim is called, who wrote it, and under which licence: what outputs say of the program that made them."""

from __future__ import annotations

NAME = "gridsim"
TITLE = "gridsim: an agent-based model of apparent and real scarcity of power and GPUs"
AUTHORS = "The gridsim developers"
LICENSE = "MIT"
