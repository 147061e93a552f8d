"""Measurements: what Playhead costs and how good it is. Figures are ratios of one run; machines are noisy."""
