"""One module per vendor. ``ALL`` of :mod:`simulators.vendors.catalogue` lists them."""
