"""Indicators 18, 19 and 20: income, special industry, visitors. Official figures decide (7.0.2)."""

from __future__ import annotations

from .definition import TableMean, TableSum, indicator


@indicator(
    "income",
    official=True,
    expression="income",
    units={"income": "yuan/a"},
    income=(TableMean("a2", "net_income_yuan", "resident_population"),),
)
def income(income: float) -> float:
    """Row 18, yuan a year per head, as published; the mean of table A.2 stands beside it."""
    return income


@indicator(
    "special_industry_share",
    official=True,
    share=True,
    special_industry_output=(TableSum("a7", "industry_output_wan"),),
    agricultural_output=(),
)
def special_industry_share(special_industry_output: float, agricultural_output: float) -> float:
    """Row 19, %: output of special industry over agricultural output. 55 of 100 give 55 %."""
    return special_industry_output / agricultural_output * 100


@indicator("visitors", official=True, visitors_per_year=(TableSum("a10", "visitors_wan"),))
def visitors(visitors_per_year: float) -> float:
    """Row 20, 10 000 person-times a year: 5 000 visits are 0.5."""
    return visitors_per_year
