"""The editor of funnels with 500 nodes, beside bare React Flow with as many default nodes, in the same real Chromium."""
