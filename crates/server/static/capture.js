// Written in another branch.
