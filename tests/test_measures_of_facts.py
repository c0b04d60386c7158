"""How stylised facts are measured: every measure on tables small enough to work out by hand; windows; incidence."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gridsim
from gridsim.study import measures_of_facts as of
from gridsim.study.facts import FACTS
from gridsim.study.statistics import LEFT, OPEN, SERVED, cumulative_incidence
from gridsim.study.windows import boom, fastest_year, steady

NO = np.nan
# End of quarter, MW: under contract, whole pipeline, removed in the quarter. Georgia Public Service Commission filings.
GEORGIA = [
    (2834, 19580, 0), (3446, 22763, 2595), (3571, 34632, 3002), (4243, 44180, 1698), (4554, 52093, 2291),
    (4644, 56822, 1636), (6525, 50863, 14345), (7865, 65872, 7281), (9572, 73119, 2850), (9572, 80060, 2764),
]  # fmt: skip


def run(months=None, requests=None, start_month="2024-01", ramp_months=36, **series):
    """A run made by hand: series by column, a list of requests as dicts; what is not given has not happened."""
    months = months or len(next(iter(series.values())))
    columns = ("mw", "filed", "wanted", "signed", "energised", "left", "upgrade_cost_usd")
    table = pd.DataFrame([dict.fromkeys(columns, NO) | {"utility": "A"} | row for row in requests or [{}]])
    flat = {name: np.full(months, 100.0) for name in ("queued_mw", "signed_mw", "energised_mw", "exited_mw")}
    return SimpleNamespace(
        scenario=gridsim.Scenario(
            title="by hand", start_month=start_month, grid={"construction": {"ramp_months": ramp_months}}
        ),
        series=pd.DataFrame(flat | {name: np.asarray(values, float) for name, values in series.items()}),
        requests=table,
        areas=pd.DataFrame(),
    )


def with_values(months, window, inside, outside):
    """One value in a window and another outside it."""
    values = np.full(months, float(outside))
    values[window] = inside
    return values


# Windows


def test_the_boom_lasts_from_a_tenth_of_the_peak_to_the_first_peak():
    assert boom(np.array([0, 0.9, 1, 5, 10, 10, 3.0])) == (2, 4)
    assert boom(np.zeros(5)) == (0, 0)


@pytest.mark.parametrize(
    ("months", "window"), [(100, slice(15, 63)), (63, slice(15, 63)), (50, slice(15, 50)), (10, slice(10, 10))]
)
def test_the_steady_boom_is_months_12_to_60_after_its_start_cut_at_the_horizon(months, window):
    queued = np.full(months, 10.0)
    queued[:3] = 0.5
    assert steady(queued) == window


def test_the_fastest_year_lies_inside_the_boom():
    start = np.geomspace(0.001, 1.0, 13)  # a thousandfold in a year, before the queue is a tenth of its peak
    slow, fast = np.geomspace(1.0, 1.5, 13), np.geomspace(1.5, 6.0, 13)
    end = np.geomspace(6.0, 8.0, 13)
    after = np.concatenate([[0.1], np.geomspace(0.2, 7.0, 13)])  # and a collapse that is made up for
    queued = np.concatenate([start, slow[1:], fast[1:], end[1:], after])
    growth, first = fastest_year(queued)
    assert (growth, first) == (pytest.approx(4.0), 24)


def test_the_fastest_year_may_end_with_the_peak_and_needs_twelve_months():
    assert fastest_year(np.geomspace(1.0, 2.0, 13)) == (pytest.approx(2.0), 0)
    assert fastest_year(np.geomspace(1.0, 2.0, 12))[1] == -1


# Cumulative incidence


def test_incidence_by_hand_with_both_ends_and_two_still_open():
    waited, end = np.array([6, 12, 18, 24, 10.0]), np.array([LEFT, SERVED, LEFT, OPEN, OPEN])
    assert cumulative_incidence(waited, end, LEFT) == pytest.approx(1 / 5 + 4 / 5 * 2 / 3 * 1 / 2)
    assert cumulative_incidence(waited, end, SERVED) == pytest.approx(4 / 5 * 1 / 3)
    assert cumulative_incidence(waited, end, LEFT, by=17) == pytest.approx(1 / 5)
    assert cumulative_incidence(waited, end, LEFT, by=6) == pytest.approx(1 / 5)
    assert cumulative_incidence(waited, end, LEFT, by=5) == 0.0
    assert np.isnan(cumulative_incidence(waited[:0], end[:0], LEFT))


def test_incidence_one_seen_up_to_a_month_is_at_risk_in_it():
    assert cumulative_incidence(np.array([3, 3.0]), np.array([LEFT, OPEN]), LEFT) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([LEFT, SERVED]), st.integers(1, 9)), min_size=1))
def test_incidence_is_the_plain_share_where_everything_has_ended_and_a_weight_counts_as_so_many(rows):
    waited, end, weights = (np.array(column) for column in zip(*rows, strict=True))
    waited, weights = waited.astype(float), weights.astype(float)
    assert cumulative_incidence(waited, end, LEFT) == pytest.approx(np.mean(end == LEFT))
    many = np.repeat(waited, weights.astype(int)), np.repeat(end, weights.astype(int))
    assert cumulative_incidence(waited, end, LEFT, weights, by=15) == pytest.approx(
        cumulative_incidence(*many, LEFT, by=15)
    )


# Measures


def test_f1_mean_phantom_ratio_of_the_steady_boom_without_months_of_no_need():
    phantom = with_values(80, slice(12, 60), 6.0, 1.0)
    phantom[12:36] = 9.0
    phantom[40] = NO
    assert of.inflation(run(power_phantom_ratio=phantom)) == (pytest.approx((24 * 9 + 23 * 6) / 47),)


def test_f2_everything_not_in_service_over_the_peak_load_and_nan_without_one():
    columns = {"queued_mw": np.full(80, 300.0), "signed_mw": with_values(80, slice(12, 60), 100.0, 999.0)}
    assert of.queue_over_peak(run(**columns, peak_load_mw=np.full(80, 80.0))) == (pytest.approx(5.0),)
    assert np.isnan(of.queue_over_peak(run(**columns))).all()


def test_f3_a_queue_that_doubles_in_eight_months():
    assert of.doubling_months(run(queued_mw=2.0 ** (np.arange(90) / 8))) == (pytest.approx(8.0),)
    assert np.isnan(of.doubling_months(run(queued_mw=np.full(90, 5.0)))).all()
    assert np.isnan(of.flow(run(queued_mw=np.full(90, 5.0)))).all()


def test_f4_growth_in_service_over_growth_of_the_queue_in_the_same_year():
    queued = np.concatenate([np.linspace(100, 112, 13), np.linspace(112, 232, 13)[1:], np.linspace(232, 250, 13)[1:]])
    energised = np.concatenate([np.linspace(0, 50, 13), np.linspace(50, 56, 13)[1:], np.linspace(56, 500, 13)[1:]])
    assert of.flow(run(queued_mw=queued, energised_mw=energised)) == (pytest.approx(6 / 120),)


def test_f5_signed_share_of_the_steady_boom():
    signed = with_values(80, slice(12, 60), 100.0, 0.0)
    assert of.contract_share(run(signed_mw=signed, queued_mw=np.full(80, 900.0))) == (pytest.approx(0.1),)


def test_f6_signed_against_left_unsigned_in_the_steady_boom():
    requests = [
        {"mw": 30, "signed": 12, "left": 40},  # counts as signed, and not as left
        {"mw": 500, "signed": 11},
        {"mw": 500, "signed": 60},
        {"mw": 50, "left": 59},
        {"mw": 20, "left": 12},
        {"mw": 500, "left": 60},
        {"mw": 500, "left": 11},
        {"mw": 500},
    ]
    assert of.conversion(run(80, requests)) == (pytest.approx(30 / 100),)
    assert np.isnan(of.conversion(run(80, [{"mw": 5.0}]))).all()


def georgia_run():
    """Georgia Power's first nine quarters as months 9 to 35: stocks as at the end, exits in the middle month of each."""
    contract, total, removed = (np.array(column[:9], float) for column in zip(*GEORGIA, strict=True))
    signed, stock = (np.concatenate([np.full(9, column[0]), np.repeat(column, 3)]) for column in (contract, total))
    exits = np.full(36, 0.0)
    exits[10::3][:9], exits[:9] = removed, 777.0
    requests = [{"mw": exits[t], "left": t} for t in range(36)]
    return run(requests=requests, queued_mw=stock - signed, signed_mw=signed, exited_mw=exits)


def test_f7_and_f8_give_for_georgia_power_what_its_filings_give():
    stocks, removed = [row[1] for row in GEORGIA], [row[2] for row in GEORGIA]
    stays = [1 - gone / stock for gone, stock in zip(removed[1:], stocks, strict=False)]
    years = [1 - np.prod(stays[:4]), 1 - np.prod(stays[4:8])]
    assert years == [pytest.approx(0.321, abs=5e-4), pytest.approx(0.406, abs=5e-4)]  # the two ends of the target
    assert of.attrition(georgia_run()) == (pytest.approx(np.mean(years)),)
    utility, system = of.burstiness(georgia_run())
    assert utility == system == pytest.approx(np.std(removed[1:9], ddof=1) / np.mean(removed[1:9]))
    assert np.std(removed[1:], ddof=1) / np.mean(removed[1:]) == pytest.approx(0.97, abs=5e-3)  # all nine quarters


def test_f7_takes_whole_years_only_and_never_loses_more_than_all():
    exits = with_values(12 + 12 + 11, slice(0, 24), 10.0, 90.0)
    expected = 1 - (1 - 30 / 200) ** 4
    assert of.attrition(run(exited_mw=exits)) == (pytest.approx(expected),)
    assert of.attrition(run(exited_mw=np.full(24, 100.0))) == (1.0,)
    assert np.isnan(of.attrition(run(exited_mw=np.full(23, 10.0)))).all()


def test_f8_the_median_utility_is_more_bursty_than_the_system():
    def leaving(utility, *exits):
        return [{"utility": utility, "left": 12 + 3 * k + 2, "mw": mw} for k, mw in enumerate(exits) if mw]

    requests = [
        *leaving("A", 10, 0, 10, 0),
        *leaving("B", 0, 10, 0, 10),
        *leaving("C", 5, 5, 5, 5),
        {"utility": "A", "left": 11, "mw": 999.0},
        {"utility": "A", "left": 24, "mw": 999.0},  # in a quarter that is not whole
    ]
    utility, system = of.burstiness(run(12 + 14, requests))
    assert utility == pytest.approx(np.std([10, 0, 10, 0], ddof=1) / 5)
    assert system == 0.0
    assert np.isnan(of.burstiness(run(17, requests))).all()


def test_f9_agreements_given_up_by_count_and_by_mw():
    requests = [
        {"mw": 1, "signed": 0, "left": 6},
        {"mw": 1, "signed": 0, "energised": 12},
        {"mw": 2, "signed": 0, "left": 18},
        {"mw": 4, "signed": 0},
        {"mw": 8, "signed": 14},
        {"mw": 99, "signed": -3, "left": 1},  # of the opening pipeline
        {"mw": 99, "left": 3},  # never signed
    ]
    by_count, by_mw = of.late_withdrawal(run(25, requests))
    assert by_count == pytest.approx(1 / 5 + 4 / 5 * 2 / 3 * 1 / 2)
    assert by_mw == pytest.approx(1 / 16 + 15 / 16 * 6 / 7 * 2 / 6)


def test_f10_months_to_exit_of_those_that_left():
    requests = [
        {"filed": 0, "left": 12},
        {"filed": 5, "left": 8, "signed": 7},
        {"filed": 1, "left": 1},
        {"filed": -5, "left": 10},
        {"filed": 2},
    ]
    median, sigma = of.withdrawal_timing(run(20, requests))
    assert median == 3.0
    assert sigma == pytest.approx(np.std(np.log([12.5, 3.5, 0.5]), ddof=1))


def test_f11_share_in_service_within_ten_years():
    requests = [
        {"filed": 0, "left": 50, "mw": 30},
        {"filed": 1, "energised": 101, "mw": 10},
        {"filed": 0, "energised": 121, "mw": 60},
        {"filed": -9, "energised": 3, "mw": 500},
    ]
    by_mw, by_count = of.completion(run(200, requests))
    assert by_mw == pytest.approx(0.7 * 10 / 70)
    assert by_count == pytest.approx(2 / 3 * 1 / 2)


def test_f12_months_to_service_by_cohort():
    requests = [{"filed": f, "energised": e} for f, e in ((-10, 9), (2, 50), (0, 60), (1, NO))]
    median, sigma, early, late = of.completion_delay(run(100, requests))
    assert (median, early, late) == (48.0, 19.0, 54.0)
    assert sigma == pytest.approx(np.std(np.log([19.5, 48.5, 60.5]), ddof=1))


def test_f13_costs_by_fate_and_their_order():
    def costing(usd_per_kw, mw=7.0, **fate):
        return {"mw": mw, "upgrade_cost_usd": usd_per_kw * 1000.0 * mw, **fate}

    requests = [
        *(costing(c, left=5) for c in (100, 200, 900)),
        *(costing(c, signed=5) for c in (100, 300)),
        *(costing(c, energised=5) for c in (50, 60, 130)),
        {"mw": 5.0, "upgrade_cost_usd": 0.0, "left": 5},
        {"mw": 5.0, "upgrade_cost_usd": 0.0},
    ]
    values = of.upgrade_costs(run(20, requests))
    assert values == pytest.approx((400, 200, 80, 200, 200, 60, 2.0, 1.0))
    reverse = of.upgrade_costs(run(20, [costing(1, left=5), costing(4), costing(2, energised=5)]))
    assert reverse[6:] == (0.25, 0.25)
    assert np.isnan(of.upgrade_costs(run(20, [costing(1, left=5)]))[6:]).all()


def test_f14_drawn_share_of_loads_in_service_and_due():
    requests = [
        {"mw": 10, "energised": 8, "wanted": 8},
        {"mw": 20, "energised": 12, "wanted": 13},  # in service, and not due until a month later
        {"mw": 99, "wanted": 2, "left": 5},
    ]
    held = with_values(14, 12, 100 + 5 + 2, 100.0)
    held[13] = 100 + 6 + 4
    useful = held - with_values(14, 12, 3.5, 0.0)  # half of what is due is not needed in month 12
    made = run(requests=requests, ramp_months=10, power_held=held, power_useful=useful)
    assert of.realised_share(made) == (pytest.approx((0.5 * 5 / 10 + (6 + 4) / 30) / 2),)


def test_f14_and_f15_need_the_date_asked_for():
    made = run(30, [{"mw": 1.0, "filed": 0, "energised": 20}], power_held=np.ones(30), power_useful=np.ones(30))
    made.requests = made.requests.drop(columns="wanted")
    assert np.isnan(of.realised_share(made)).all()
    assert np.isnan(of.slip(made)).all()


def test_f15_days_late_early_ones_counted_as_negative():
    requests = [
        {"filed": 0, "wanted": 10, "energised": 22},
        {"filed": 0, "wanted": 10, "energised": 8},
        {"filed": -1, "wanted": 10, "energised": 99},
        {"filed": 0, "wanted": 1},
    ]
    assert of.slip(run(100, requests)) == (pytest.approx(5 * 365.25 / 12),)


def test_f16_ramp_by_years_since_signature():
    requests = [
        {"mw": 10, "signed": 0, "energised": 30},
        {"mw": 30, "signed": 0, "left": 10},
        {"mw": 60, "signed": 1},  # seen for 8 years and 11 months
        {"mw": 999, "signed": -1, "energised": 1},
    ]
    shares = of.ramp(run(109, requests, ramp_months=12))
    assert shares == pytest.approx((10 * 7 / 12 / 100, 0.1, 0.25))


def test_f22_last_month_of_whole_calendar_half_years():
    filed = [-1, 3, 4, 9, 15, 20, 22]  # 2024-03 + 3 is June of a half-year not whole, + 22 January of another
    made = run(23, [{"filed": f} for f in filed], start_month="2024-03")
    assert of.deadline_rush(made) == (2 / 4,)
    assert np.isnan(of.deadline_rush(run(5, [{"filed": 1}], start_month="2024-02"))).all()


def test_f24_forecast_over_load_and_true_need_from_the_start_of_the_boom_to_its_peak():
    queued = np.array([0.5, 5, 10, 3])
    view = {"energised_mw": [1, 100, 100, 1], "power_need": [0, 100, 300, 0]}
    made = run(queued_mw=queued, forecast_mw=[999, 300, 1000, 999], **view)
    assert of.forecast_inflation(made) == (pytest.approx((1.5 + 2.5) / 2),)


def test_every_measure_has_one_number_per_target_on_a_real_run_and_nan_on_a_short_one(result):
    short = gridsim.simulate(gridsim.Scenario(title="short", horizon_months=2))
    for fact in FACTS:
        values = fact.measure(result)
        assert len(values) == len(fact.measure(short)) == len(fact.targets), fact.id
        assert not np.isinf(values).any(), fact.id
        assert fact.id in fact.measure.__doc__.split(":")[0]
    known = {fact.id for fact in FACTS if np.isfinite(fact.measure(result)).any()}
    assert known == {fact.id for fact in FACTS} - {"F3", "F4"}  # no boom of a year in so small a market
