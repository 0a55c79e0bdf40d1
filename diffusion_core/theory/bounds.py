"""What a theorem on convergence says, as a record: terms, assumptions, source, evidence.

A bound is a sum of terms up to a constant that no paper gives, so on a plot it is a shape. All else
that is said of a theorem, its formulas in text and in LaTeX, its powers of T and d, the steps that
suffice, follows from its terms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import lambertw

from diffusion_core.samplers import SAMPLERS, SEED_ARXIV

# continuous: X_0 is absolutely continuous.  support: P(|X_0| <= T^{c_R}) = 1.  bounded: |X_0| <= R
# for some R.  moment: E|X_0| <= T^{c_M}.  constants: the theory's schedule with c_0 and c_1 large
# enough.  facts: the three of ``assumptions.schedule_facts``.  unseen: what is assumed of schedules
# is not known here.  burn-in: T >= C_2 d^a log^b T.  score, jacobian: Assumptions 1 and 2 of arXiv
# 2306.09251.  exact: its Assumption 3 (w_t) or 4 (v_t).  hessian: accurate Jacobians and Hessian.
NEEDS = (
    *("continuous", "support", "bounded", "moment", "constants", "facts", "unseen", "burn-in"),
    *("score", "jacobian", "hessian", "exact"),
)
EVIDENCE = ("read in full", "abstract", "second-hand")

_SYMBOLS = {
    "score": r"\varepsilon_{\mathrm{score}}",
    "Jacobian": r"\varepsilon_{\mathrm{Jacobi}}",
    "Jacobian 1": r"\varepsilon_{\mathrm{Jacobi},1}",
    "Jacobian 2": r"\varepsilon_{\mathrm{Jacobi},2}",
    "Hessian": r"\varepsilon_{\mathrm{Hess}}",
}


@dataclass(frozen=True)
class Term:
    """C d^dim (log T)^log (log B)^radius T^{-steps}, times the sum of the named errors.

    errors: empty where the term stays with an exact score.  radius: the power of log B that a
    support of radius B costs where B is larger than every power of T.
    """

    dim: float = 0
    log: float = 0
    steps: float = 0
    errors: tuple[str, ...] = ()
    radius: float = 0

    def __call__(self, d: float, steps: float) -> float:
        """The term without its constant and its errors."""
        return d**self.dim * math.log(steps) ** self.log * steps**-self.steps

    def text(self, constant: str, dim: str) -> str:
        """Plain text, such as C d² log⁴T / T."""
        logs = f"{_raised('log', self.log, tight=True)}T" if self.log else ""
        words = [constant, _raised(dim, self.dim), logs]
        below = f" / {_raised('T', self.steps)}" if self.steps else ""
        return " ".join(word for word in words if word) + below

    def latex(self, constant: str, dim: str, with_radius: bool = False) -> str:
        """LaTeX; half powers of a term that carries an error stand under one root."""
        factors = [(dim, self.dim), (r"\log", self.log)]
        if with_radius:
            factors.append((r"\log", self.radius))
        names = [dim, "T", "B"]
        rooted: list[str] = []
        plain: list[str] = []
        for (base, power), name in zip(factors, names, strict=False):
            if not power:
                continue
            argument = name if base == r"\log" else ""
            half = bool(self.errors) and not float(power).is_integer()
            into, shown = (rooted, 2 * power) if half else (plain, power)
            into.append(f"{base}{_exponent(shown)}{argument and ' ' + argument}")
        if rooted:
            inside = r"\,".join(rooted)
            plain.insert(0, rf"\sqrt{{{inside}}}")
        above = r"\,".join(plain)
        if self.steps:
            below = r"\sqrt{T}" if self.steps == 0.5 else f"T{_exponent(self.steps)}"
            above = rf"\frac{{{above or '1'}}}{{{below}}}"
        sizes = [_SYMBOLS[name] for name in self.errors]
        error = rf"\;{sizes[0]}" if sizes else ""
        if len(sizes) > 1:  # in two lines, for narrow screens
            first, rest = "+".join(sizes[:2]), "+".join(sizes[2:])
            error = rf"\,({first}" + (rf"\\&\quad+{rest})" if rest else ")")
        return rf"{constant}\,{above}{error}"


@dataclass(frozen=True)
class Theorem:
    """One proven upper bound on TV(q_1, p_1): the sum of its terms.

    arxiv, name, equation: where it stands, and how the paper writes its ``constant``.
    needs: what it assumes, out of ``NEEDS``.
    evidence: "read in full", "abstract" or "second-hand" (quoted elsewhere, or from memory).
    burn_in: (a, b) where T >= C_2 d^a (log T)^b is assumed.
    through_kl: proven as TV <= sqrt(KL(p_1 || q_1) / 2).
    dim: d, or k for an intrinsic dimension (k = d is allowed).
    eta: for which of DDIM's eta.  order: for which K of ode-order.
    steps_equation: the number of the paper's own count of steps that suffice.
    """

    sampler: str
    source: str
    arxiv: str
    name: str
    equation: str
    terms: tuple[Term, ...]
    needs: tuple[str, ...]
    evidence: str
    constant: str = "C₁"
    burn_in: tuple[float, float] | None = None
    through_kl: bool = False
    dim: str = "d"
    eta: float | None = None
    order: int | None = None
    steps_equation: str = ""

    @property
    def update(self) -> str:
        """The number of the sampler's own equation in this paper, where it is known."""
        return SAMPLERS[self.sampler].equation if self.arxiv == SEED_ARXIV else ""

    @property
    def exact(self) -> tuple[Term, ...]:
        """The terms that stay with an exact score."""
        return tuple(term for term in self.terms if not term.errors)

    @property
    def leading(self) -> Term:
        """The exact term that decays slowest."""
        return min(self.exact, key=lambda term: (term.steps, -term.log))

    @property
    def power(self) -> float:
        """r of the leading (log T)^k T^{-r}."""
        return self.leading.steps

    @property
    def log_power(self) -> float:
        """k of the leading (log T)^k T^{-r}."""
        return self.leading.log

    @property
    def below_one(self) -> float:
        """The T from which the leading (log T)^k T^{-r} stays below 1: the bound, were C = d = 1.

        k log x = r x at x = log T has the larger root x = -(k/r) W_{-1}(-r/k), Lambert's W. With
        k <= e r there is none, or but one: the bound is below 1, or at it, from T = 1 on.
        """
        k, r = self.log_power, self.power
        if k <= math.e * r:
            return 1.0
        return math.exp(-k / r * lambertw(-r / k, -1).real)

    @property
    def formula(self) -> str:
        """The bound with an exact score in plain text, such as C₁ d² log⁴T / T."""
        return " + ".join(term.text(self.constant, self.dim) for term in self.exact)

    def latex(self, with_radius: bool = False) -> str:
        """The whole bound, one term a line; with the powers of log B for a large radius B."""
        constant = _subscript(self.constant)
        lines = [term.latex(constant, self.dim, with_radius) for term in self.terms]
        kl = r"\sqrt{\tfrac12\mathrm{KL}(p_1\|q_1)}\\&\le " if self.through_kl else ""
        bound = r"\\&+".join(lines)
        return rf"\begin{{aligned}}\mathrm{{TV}}&(q_1,p_1)\le {kl}{bound}\end{{aligned}}"

    @property
    def burn_in_latex(self) -> str:
        """Such as T >= C_2 d^4 log^6 T; empty where nothing of the kind is assumed."""
        if self.burn_in is None:
            return ""
        dim, log = self.burn_in
        return rf"T\ge C_2\,{self.dim}{_exponent(dim)}\,\log{_exponent(log)}T"

    def least_steps(self, d: float, steps: float) -> float:
        """d^a (log T)^b of the condition on T, without its constant C_2; 0 where there is none."""
        return (
            0.0
            if self.burn_in is None
            else d ** self.burn_in[0] * math.log(steps) ** self.burn_in[1]
        )

    def __call__(self, d: float, steps: float) -> float:
        """The bound with an exact score at d and T, without its constant."""
        return math.fsum(term(d, steps) for term in self.exact)

    @property
    def steps_power(self) -> float:
        """The power of d at which T has to grow, logs left out, for the bound to hold and rest."""
        burn_in = 0.0 if self.burn_in is None else self.burn_in[0]
        return max(burn_in, *(term.dim / term.steps for term in self.exact))

    @property
    def steps_latex(self) -> str:
        """Steps that suffice for TV <= eps with an exact score, up to logarithms: d^2/eps + ...

        The condition on T is a term of its own where it asks for a higher power of d.
        """
        parts = []
        for term in self.exact:
            above = f"{self.dim}{_exponent(term.dim / term.steps)}" if term.dim else "1"
            power = 1 / term.steps
            eps = r"\sqrt{\varepsilon}" if power == 0.5 else rf"\varepsilon{_exponent(power)}"
            parts.append(rf"\frac{{{above}}}{{{eps}}}")
        if self.steps_power > max(term.dim / term.steps for term in self.exact):
            parts.append(f"{self.dim}{_exponent(self.steps_power)}")
        return "+".join(parts)


def _exponent(power: float) -> str:
    return "" if power == 1 else f"^{{{power:g}}}"


def _raised(symbol: str, power: float, tight: bool = False) -> str:
    """Plain text; ``tight`` where an argument follows, kept at a distance from a decimal power."""
    if power in (0, 1):
        return symbol if power else ""
    if power == 0.5 and not tight:
        return f"√{symbol}"
    if float(power).is_integer():
        return symbol + str(int(power)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{symbol}^{power:g}{' ' if tight else ''}"


def _subscript(constant: str) -> str:
    return constant.replace("₁", "_1")


@dataclass(frozen=True)
class Shape:
    """T -> (log T)^log_power T^{-power}, anchored so that it passes through one stated point."""

    theorem: Theorem
    with_logs: bool
    anchor_steps: int
    anchor_value: float

    def __call__(self, steps: float) -> float:
        k = self.theorem.log_power if self.with_logs else 0.0
        ratio = (math.log(steps) / math.log(self.anchor_steps)) ** k
        return self.anchor_value * ratio * (steps / self.anchor_steps) ** -self.theorem.power
