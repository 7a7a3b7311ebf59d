"""Access: who acts and who looks, with which rights; sessions, and links and secrets that open something."""
