"""Who may use which route: `table` says it, `routes` finds what there is, `visitors` are those who try."""
