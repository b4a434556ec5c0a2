"""Explores models of protocols exhaustively, and holds claims against what comes out."""

__version__ = "0.1.0"
