"""A walk over plans: a site closes, another opens, demands move until nothing helps; overload is priced."""

from typing import NamedTuple

import numpy as np

from models.checks import Bools, Floats, Ints
from models.compiled import compiled
from models.siting.shifts import above, descend, loads

DRAWS = 6  # random numbers of a round
STEP = 1e-9  # of the cost: less is no gain
HARD = 1e4  # times the price of overload, where a plan is to hold
RISE, FALL = 1.15, 0.93  # of the price of overload after a round that ended with and without
TEMPER = 0.002  # of the cost: about what a round may lose
HOME = 250  # rounds without a better plan before the walk goes back to the best
NEARBY = 0.6  # share of rounds that open a site near the one that closes
SCATTER = 0.15  # share of rounds that only send some demands elsewhere
SETTLINGS = 20  # times that sites move to the middle of their demands, at most
PRICE, BEST, SINCE, HERE = 0, 1, 2, 3  # of the state: price of overload, best cost, rounds since, this cost


class Ground(NamedTuple):
    """What stays as it is.

    Attributes
    ----------
    cost : (m, n) very large where a site cannot serve
    fallback : (n,) inf where a site must serve
    size, capacity : (n,) and (m,)
    near : (n, t) cheapest sites of each demand
    needed : (m,) sites that do not close
    start, row, value : rules by columns
    least, most : (rules,) what the open sites must keep
    """

    cost: Floats
    fallback: Floats
    size: Floats
    capacity: Floats
    near: Ints
    needed: Bools
    start: Ints
    row: Ints
    value: Floats
    least: Floats
    most: Floats


class Stand(NamedTuple):
    """Where the walk stands.

    Attributes
    ----------
    opened : (q,) sites
    place : (n,) position of its site among the open ones, q the fallback
    own : (n, q + 1) cost at each
    room, load : (q + 1,)
    use : (rules,) what the open sites use of each rule
    """

    opened: Ints
    place: Ints
    own: Floats
    room: Floats
    load: Floats
    use: Floats


@compiled
def wander(
    ground: Ground,
    opened: Ints,
    place: Ints,
    state: Floats,
    draws: Floats,
    best_opened: Ints,
    best_place: Ints,
) -> None:
    """Some rounds; `best_...` is the cheapest plan without overload where state[BEST] is finite.

    Parameters
    ----------
    opened, place : see `Stand`; change
    state : (4,) changes; state[HERE] is inf at the start of a walk
    draws : (rounds, DRAWS) random numbers
    """
    stand = standing(ground, opened, place)
    was_opened, was_place = opened.copy(), place.copy()
    for number in range(len(draws)):
        if state[HERE] < np.inf:
            move(ground, stand, draws[number], state[PRICE])
        settle(ground, stand, state[PRICE])
        priced = note(stand, ground.size, state, best_opened, best_place)
        if priced <= state[HERE] - TEMPER * abs(state[HERE]) * np.log(1 - draws[number, 5]):
            state[HERE] = priced
            was_opened[:], was_place[:] = opened, place
            continue
        if state[SINCE] >= HOME and state[BEST] < np.inf:
            was_opened[:], was_place[:] = best_opened, best_place
            state[HERE], state[SINCE] = state[BEST], 0
        for q in range(len(opened)):
            if opened[q] != was_opened[q]:
                exchange(ground, stand, q, was_opened[q])
        place[:] = was_place


@compiled
def standing(ground: Ground, opened: Ints, place: Ints) -> Stand:
    """What follows from the open sites."""
    n, width = len(place), len(opened)
    own, room = np.empty((n, width + 1)), np.empty(width + 1)
    own[:, width], room[width] = ground.fallback, np.inf
    use = np.zeros(len(ground.least))
    for q in range(width):
        own[:, q], room[q] = ground.cost[opened[q]], ground.capacity[opened[q]]
        for k in range(ground.start[opened[q]], ground.start[opened[q] + 1]):
            use[ground.row[k]] += ground.value[k]
    return Stand(opened, place, own, room, np.empty(width + 1), use)


@compiled
def move(ground: Ground, stand: Stand, draw: Floats, price: float) -> None:
    """Exchange a site for another, or send some demands elsewhere."""
    if draw[4] >= SCATTER:
        q, site = kick(ground, stand, draw)
        if q >= 0 and may_swap(ground, stand.use, stand.opened[q], site):
            exchange(ground, stand, q, site)
            resettle(ground.size, stand, q, price)
            return
    for t in range(4):
        i = int(draw[t] * len(stand.place))
        least, spot = np.inf, stand.place[i]
        for b in range(len(stand.room)):
            if b != stand.place[i] and stand.own[i, b] < least:
                least, spot = stand.own[i, b], b
        stand.place[i] = spot


@compiled
def kick(ground: Ground, stand: Stand, draw: Floats) -> tuple[int, int]:
    """Place that closes, and site that opens there; -1 if the draw says nothing."""
    width, n = len(stand.opened), len(stand.place)
    q = int(draw[0] * width)
    if ground.needed[stand.opened[q]]:
        return -1, -1
    i = int(draw[1] * n)
    if draw[2] < NEARBY:  # a demand that the site serves
        for t in range(n):
            if stand.place[(i + t) % n] == q:
                i = (i + t) % n
                break
    site = ground.near[i, int(draw[3] * ground.near.shape[1])]
    if is_open(stand.opened, site):
        return -1, -1
    return q, site


@compiled
def is_open(opened: Ints, site: int) -> bool:
    """Whether a site is one of the open ones."""
    return bool((opened == site).any())


@compiled
def exchange(ground: Ground, stand: Stand, q: int, site: int) -> None:
    """Open a site in the place of another."""
    count_rules(ground, stand.use, stand.opened[q], site)
    stand.opened[q] = site
    stand.own[:, q], stand.room[q] = ground.cost[site], ground.capacity[site]


@compiled
def may_swap(ground: Ground, use: Floats, out: int, into: int) -> bool:
    """Whether the rules that either site is in hold after the exchange."""
    count_rules(ground, use, out, into)
    fine = True
    for site in (out, into):
        for k in range(ground.start[site], ground.start[site + 1]):
            r = ground.row[k]
            slack = STEP * max(1.0, abs(use[r]))
            fine = fine and ground.least[r] - slack <= use[r] <= ground.most[r] + slack
    count_rules(ground, use, into, out)
    return fine


@compiled
def count_rules(ground: Ground, use: Floats, out: int, into: int) -> None:
    """What the open sites use of each rule after an exchange."""
    for k in range(ground.start[out], ground.start[out + 1]):
        use[ground.row[k]] -= ground.value[k]
    for k in range(ground.start[into], ground.start[into + 1]):
        use[ground.row[k]] += ground.value[k]


@compiled
def resettle(size: Floats, stand: Stand, q: int, price: float) -> None:
    """Who is nearer to the new site at q comes while there is room; whom the old one served goes on."""
    own, room, place, load = stand.own, stand.room, stand.place, stand.load
    loads(size, place, load)
    load[q] = 0.0
    left = place == q
    for i in range(len(size)):
        here = own[i].min() if left[i] else own[i, place[i]]
        if own[i, q] <= here and load[q] + size[i] <= room[q]:
            if not left[i]:
                load[place[i]] -= size[i]
            left[i] = False
            place[i] = q
            load[q] += size[i]
    for i in np.argsort(-size):
        if left[i]:
            place[i] = cheapest_place(own[i], size[i], room, load, price)
            load[place[i]] += size[i]


@compiled
def cheapest_place(own: Floats, need: float, room: Floats, load: Floats, price: float) -> int:
    """Place of least cost and priced overload."""
    least, spot = np.inf, 0
    for b in range(len(room)):
        asked = own[b] + price * (above(load[b] + need, room[b]) - above(load[b], room[b]))
        if asked < least:
            least, spot = asked, b
    return spot


@compiled
def settle(ground: Ground, stand: Stand, price: float) -> None:
    """Demands to better places and sites to the middle of their demands, in turn, until neither helps."""
    chains = False
    for _ in range(SETTLINGS):
        descend(stand.own, ground.size, stand.room, stand.place, stand.load, price, chains)
        moved = recentre(ground, stand, price)
        if chains and not moved:
            break
        chains = not moved


@compiled
def recentre(ground: Ground, stand: Stand, price: float) -> bool:
    """Each open site where its demands cost least; whether any moved."""
    width, m, moved = len(stand.opened), len(ground.cost), False
    sums = np.zeros((m, width + 1))
    for site in range(m):
        for i in range(len(stand.place)):
            sums[site, stand.place[i]] += ground.cost[site, i]
    for q in range(width):
        now, load = stand.opened[q], stand.load[q]
        best, found = sums[now, q] + price * above(load, ground.capacity[now]), -1
        best -= STEP * (1 + abs(best))
        for site in range(m if not ground.needed[now] else 0):
            if sums[site, q] >= best:
                continue
            asked = sums[site, q] + price * above(load, ground.capacity[site])
            if asked < best and not is_open(stand.opened, site) and may_swap(ground, stand.use, now, site):
                best, found = asked, site
        if found >= 0:
            exchange(ground, stand, q, found)
            moved = True
    return moved


@compiled
def note(stand: Stand, size: Floats, state: Floats, best_opened: Ints, best_place: Ints) -> float:
    """Cost with priced overload; where it may be the best plan, it is made to hold and kept."""
    total, over = judged(stand, size, stand.place)
    priced = total + state[PRICE] * over
    state[SINCE] += 1
    if total < state[BEST] * (1 - STEP):
        held = stand.place.copy()
        if over > 0:
            descend(stand.own, size, stand.room, held, stand.load, state[PRICE] * HARD)
        held_total, held_over = judged(stand, size, held)
        if held_over == 0 and held_total < state[BEST] * (1 - STEP):
            state[BEST], state[SINCE] = held_total, 0
            best_opened[:], best_place[:], stand.place[:] = stand.opened, held, held
            priced = held_total
    state[PRICE] *= RISE if over > 0 else FALL
    return float(priced)


@compiled
def judged(stand: Stand, size: Floats, place: Ints) -> tuple[float, float]:
    """Cost and overload of demands in places."""
    loads(size, place, stand.load)
    total, over = 0.0, 0.0
    for i in range(len(size)):
        total += stand.own[i, place[i]]
    for q in range(len(stand.room)):
        over += above(stand.load[q], stand.room[q])
    return total, over
