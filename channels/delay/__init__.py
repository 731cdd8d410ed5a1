"""Messages that are sent later (the contract, section 2)."""
