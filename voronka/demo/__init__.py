"""The sample company of ``voronka demo``: Sunny House, which puts solar panels on roofs.

Wires ``crm``, ``funnels`` and ``workers`` together; its data, all of our own making, lie beside.
"""
