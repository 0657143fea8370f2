"""Fixtures and the classes behind them, by what they are about."""
