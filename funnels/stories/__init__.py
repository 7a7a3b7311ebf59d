"""Tests of funnels: what came of them, who asked for a run, and whether a draft may be published by them."""
