"""A player for diffusion processes: particles between noise and data, with the densities behind.

Everything is sent once, as one binary blob, and played by the browser; no script reruns meanwhile.

    from dashboard.player import Animation, pack
    from dashboard.player.component import player
    player(Animation(positions, times, extent=(-3.0, 3.0), grid=x, target_density=p), key="chain")

Up to four animations play side by side on one clock: `player([ode, ddpm], key="race")`. `pack` is
separate so that a page can cache the bytes; `player` takes them as well. What mounts it on a page
is not imported here: workers make animations and need no Streamlit.
"""

from dashboard.player.animation import Animation, field_points
from dashboard.player.drag import Drag
from dashboard.player.follow import Follow
from dashboard.player.packing import pack, pack_ladder
from dashboard.player.run import Run
from dashboard.player.story import Chapter

__all__ = [
    "Animation",
    "Chapter",
    "Drag",
    "Follow",
    "Run",
    "field_points",
    "pack",
    "pack_ladder",
]
