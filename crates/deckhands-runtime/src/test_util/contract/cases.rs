//! The list of all cases.

mod files;
mod images;
mod lifecycle;
mod networks;
mod output;
mod refusals;
mod removal;
mod running;

use futures::future::BoxFuture;

use super::case::Case;

/// What a case does; it panics where a promise is not kept.
pub(super) type Body = for<'a> fn(&'a Case<'a>) -> BoxFuture<'a, ()>;

/// Names cases after their functions.
macro_rules! cases {
    ($($module:ident :: $name:ident),* $(,)?) => {
        [$((stringify!($name), (|case| Box::pin($module::$name(case))) as Body)),*]
    };
}

/// All cases with their names.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Body)> {
    cases![
        lifecycle::exit_codes_are_values,
        lifecycle::waiting_for_an_ended_one_is_answered_at_once,
        lifecycle::phases_are_told_by_id_and_name,
        lifecycle::starting_twice_is_fine,
        lifecycle::unknown_containers_are_not_found,
        lifecycle::lists_by_labels,
        lifecycle::daemon_tells_who_it_is,
        running::killing_a_running_one_ends_its_wait,
        running::killing_one_that_does_not_run_is_fine,
        running::pauses_and_goes_on,
        running::pausing_one_that_does_not_run_is_a_conflict,
        running::use_of_resources,
        running::runs_without_rights,
        removal::removing_an_absent_one_is_fine,
        removal::removing_a_running_one_ends_its_wait,
        removal::removing_a_paused_one_ends_its_wait,
        removal::removing_twice_is_fine,
        removal::removing_at_the_same_time_is_fine,
        refusals::taken_name_is_a_conflict,
        refusals::name_is_free_after_removal,
        refusals::missing_image,
        refusals::missing_mount_source,
        refusals::missing_network,
        output::attached_before_start_gets_every_byte,
        output::attached_to_an_ended_one_ends,
        output::kept_output_is_there_after_the_end,
        output::one_that_runs_tells_what_was_and_what_comes,
        output::environment_reaches_the_command,
        files::written_file_is_on_the_host,
        files::read_only_mount_cannot_be_written,
        files::archive_of_a_created_container,
        files::archive_of_a_directory,
        files::archive_of_nothing_is_not_found,
        networks::none_means_none,
        networks::created_listed_and_removed,
        networks::listed_by_labels,
        networks::what_they_let_through_is_told,
        networks::one_in_use_is_not_removed,
        networks::shared_with_another_container,
        networks::only_a_running_one_shares_its_network,
        networks::who_shares_one_outlives_the_other,
        networks::taken_name_of_a_network,
        networks::bridge_has_a_gateway,
        networks::absent_network,
        images::present_and_absent,
        images::unreachable_registry,
    ]
    .into_iter()
}
