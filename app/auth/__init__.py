"""Who may do what: roles, passwords, codes and sessions."""
