//! The list of cases, and the tests that are made of it.

use super::desk::Desk;
use super::{
    Playing, attempts, calls, cancel, claim, concurrent, ends, fencing, give_back, hold, lease,
    money, purses, queries, submit, upkeep, written,
};

/// Makes a module of tests for each group of cases, one test a case, of a function that makes a
/// new [`Bench`](crate::conformance::Bench).
///
/// ```text
/// fn bench() -> Arc<dyn Bench> { … }
///
/// deckhands_store::conformance_tests!(bench);
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($bench:ident) => {
        $crate::__conformance_cases!(__conformance_test_modules($bench));
    };
}

/// Hands the cases to another macro.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_cases {
    ($then:ident($($with:tt)*)) => {
        $crate::$then! { ($($with)*)
            submit:
                keeps_what_was_handed_in
                waits_while_early_or_held
                same_key_is_one_task
                key_of_another_task_is_refused
                same_identity_is_one_task
                full_queue_refuses
                retries_are_exempt_from_the_bound;
            claim:
                nothing_is_next
                gives_the_whole_task
                priority_goes_first
                age_goes_first_within_a_priority
                priority_rises_every_ten_minutes
                low_goes_before_any_newer_after_half_an_hour
                age_counts_from_the_time_it_may_start
                age_counts_anew_after_an_attempt
                passes_over_what_may_not_start
                clock_set_back_loses_nothing
                time_that_was_over_is_never_waited_for;
            fencing:
                stale_after_adoption
                stale_after_the_end
                stale_after_requeue
                stale_after_giving_back
                stale_while_paused
                stale_with_a_wrong_number_or_task;
            lease:
                adopts_only_what_is_left
                adopts_what_is_paused_at_once
                adopts_what_is_silent
                what_was_renewed_is_not_silent
                the_term_is_kept
                adoption_keeps_the_attempt_and_raises_the_epoch
                refuses_to_adopt_what_is_over_or_unknown
                prolongs_a_lease
                start_prolongs_the_lease
                prolongs_one_that_ended_if_nobody_took_it;
            written:
                start_keeps_the_route
                objects_are_kept_in_order_and_once
                progress_is_replaced
                session_is_kept_and_removed
                pause_frees_the_lease
                notes_are_events
                heartbeats_and_progress_are_no_events;
            ends:
                finish_keeps_the_one_result
                finish_takes_every_terminal_state
                impossible_ends_are_refused
                requeued_task_gets_the_next_number
                requeued_task_waits_for_its_time
                requeued_task_keeps_what_was_asked_meanwhile
                events_of_the_attempt_come_before_its_end;
            give_back:
                task_waits_as_before
                one_that_was_started_leaves_nothing_either
                number_is_given_out_again_under_a_higher_epoch
                attempts_before_it_stay
                task_waits_for_its_time
                age_is_kept
                one_event_however_often
                refused_where_money_was_drawn
                refused_where_an_object_was_announced
                what_was_asked_meanwhile_is_kept
                task_takes_its_place_in_the_queue;
            cancel:
                waiting_task_is_cancelled_at_once
                money_of_a_waiting_task_is_told
                running_task_is_asked_to_end
                paused_task_is_asked_to_end
                ended_task_stays_as_it_is
                unknown_task_is_told;
            hold:
                held_task_is_not_started
                running_task_is_not_started_again
                release_takes_the_time_back
                ended_task_is_refused
                the_same_again_is_no_event;
            money:
                grants_what_is_wanted_or_what_fits
                settles_what_was_drawn
                spends_without_having_drawn
                attempts_share_the_cap_of_their_task
                tasks_share_the_cap_of_their_batch
                everything_shares_the_cap_of_the_day
                absurd_amounts_are_refused;
            purses:
                money_stays_with_the_day_on_which_it_was_drawn
                what_is_open_at_the_end_is_uncertain
                adoption_goes_on_with_what_is_open
                payers_have_their_own_cap
                retention_removes_payers
                removed_tasks_go_on_counting;
            queries:
                finds_by_prefix
                finds_the_last
                lists_in_the_order_of_hand_in
                lists_by_state_and_batch
                events_follow_a_position
                next_start_is_the_earliest_that_only_waits
                stats_follow_every_state
                unknown_tasks_are_told;
            attempts:
                reports_come_with_their_tasks
                live_ones_are_those_not_over
                live_ones_are_in_the_order_of_their_claims;
            calls:
                every_ended_attempt_counts
                sums_of_calls_outlive_their_tasks
                given_back_and_live_attempts_do_not_count
                models_without_end_count_without_their_names;
            upkeep:
                prune_removes_what_ended_long_ago
                prune_frees_keys
                backup_can_be_read
                backup_overwrites_nothing
                check_finds_nothing;
            concurrent:
                each_task_is_claimed_once
                each_attempt_is_adopted_once
                one_key_is_one_task
                the_cap_of_a_batch_holds
                the_cap_of_a_day_holds;
        }
    };
}

/// A module of tests for each group of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_test_modules {
    (($bench:ident) $($module:ident: $($case:ident)+;)+) => {$(
        mod $module {$(
            #[test]
            fn $case() -> $crate::conformance::Verdict {
                let name = concat!(stringify!($module), "::", stringify!($case));
                $crate::conformance::check(&super::$bench(), name)
            }
        )+}
    )+};
}

/// The list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_case_list {
    (() $($module:ident: $($case:ident)+;)+) => {
        /// Every case by its name.
        pub(super) const CASES: &[(&str, fn(&mut Desk) -> Playing<'_>)] = &[$($((
            concat!(stringify!($module), "::", stringify!($case)),
            |desk| Box::pin($module::$case(desk)),
        ),)+)+];
    };
}

__conformance_cases!(__conformance_case_list());
