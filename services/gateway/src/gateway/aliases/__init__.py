"""The paths and field names of the four source documents (Appendix A of the requirements), as data."""
