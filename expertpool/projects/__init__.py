"""Projects, their lots, parties, recusals and sessions; and the door through which a trading system tells of them."""
