"""A player for the reverse process: particles from noise to data, with the densities behind them.

Everything is sent once, as one binary blob, and played by the browser; no script reruns meanwhile.

    from dashboard.player import Animation, pack, player
    player(Animation(positions, times, extent=(-3.0, 3.0), grid=x, target_density=p), key="chain")

`pack` is separate so that a page can cache the bytes; `player` takes them as well.
"""

from dashboard.player.animation import Animation
from dashboard.player.component import player
from dashboard.player.packing import pack, unpack

__all__ = ["Animation", "pack", "player", "unpack"]
