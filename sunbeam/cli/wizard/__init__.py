"""The wizard: questions before a change, on a terminal; nothing is changed until a person says so."""
