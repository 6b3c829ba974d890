"""The demonstration city: real names and populations of Antalya, constructed boundaries, simulated people.

Nothing here describes a real household; every output says BENZETİM (simulation).
"""
