"""How the web process and the command line speak to the service: HTTP on its unix socket."""
