"""``hubei-yibao``: read the interfaces, try calls and look after the journal from a terminal.

Modules of ``commands`` import what is heavy (models, HTTP) only inside their functions, so that
looking something up costs hardly more than importing typer.
"""
