"""`playhead mcp`: the library as tools for an assistant on the same machine, over standard input and output."""

from __future__ import annotations

from playhead.commands import Index


def mcp(index: Index = None) -> None:
    """Offer the library to an assistant that starts this itself, over MCP on standard input and output.

    Not to be typed: it is what a configuration of Claude, Cursor or VS Code names. Links lead to PLAYHEAD_PUBLIC_URL,
    else to where `playhead serve` would be.

    Example: `playhead mcp --index index`
    """
    import signal
    import sys
    from contextlib import closing, redirect_stdout

    import anyio
    from mcp.server.stdio import stdio_server

    from app.chatbot import serve_tools
    from playhead.commands import settings_for
    from playhead.library import open_library

    async def serve() -> None:
        server = serve_tools(library, lambda _context: settings.address)
        async with stdio_server() as (asked, answered):
            await server.run(asked, answered, server.create_initialization_options())

    # A thread that waits for the next line of the assistant would keep us from ending.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    settings = settings_for(index)
    # Standard output belongs to the protocol: a library that greets its user there would end it.
    with redirect_stdout(sys.stderr):
        library = open_library(settings)
        library.embedder.question("ready")
    with closing(library):
        anyio.run(serve)
