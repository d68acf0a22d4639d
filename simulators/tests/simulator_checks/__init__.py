"""A package, so that pytest does not import its tests below a folder named like the package they test."""
