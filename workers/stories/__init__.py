"""Tests of funnels carried out: each story happens in a world of its own, and what came of it is compared with what was said."""
