//! The corpus of verdicts in `fixtures/verdicts`: whole, consistent, and about what is really there.
//!
//! Nothing is judged here. The cases were written before there was a validator.

use std::collections::BTreeSet;
use std::fs;

use deckhands_model::{FindingCode, InconclusiveReason, JudgementStage, Severity};
use sha2::{Digest, Sha256};

use self::case::{Case, Expect, Found, Word, all, root};

mod case;

/// One of the two judgements that a case may describe.
struct Said<'a> {
    case: &'a Case,
    verdict: Word,
    errors: &'a [Found],
    warnings: &'a [Found],
    may: &'a [FindingCode],
}

fn said(case: &Case) -> Vec<Said<'_>> {
    let expect = &case.expect;
    let whole = Said {
        case,
        verdict: expect.verdict,
        errors: &expect.errors,
        warnings: &expect.warnings,
        may: &expect.may,
    };
    let unscreened = expect.unscreened.as_ref().map(|expect| Said {
        case,
        verdict: expect.verdict,
        errors: &expect.errors,
        warnings: &expect.warnings,
        may: &expect.may,
    });
    std::iter::once(whole).chain(unscreened).collect()
}

/// Whether the rules about paths and texts are enough to refuse it.
fn refused_by_rules(case: &Case) -> bool {
    let mut stages = case.expect.errors.iter().map(|found| found.code.stage());
    stages.any(|stage| stage <= JudgementStage::Static)
}

#[test]
fn there_are_enough_and_each_says_in_a_sentence_what_it_is() {
    let cases = all();
    assert!(cases.len() >= 60, "{}", cases.len());
    for Case { id, about, .. } in &cases {
        assert!(about.ends_with('.') && !about.contains('\n'), "{id}");
    }
    let said: BTreeSet<&str> = cases.iter().map(|case| case.about.as_str()).collect();
    assert_eq!(said.len(), cases.len(), "two cases are the same");
}

#[test]
fn a_verdict_follows_from_its_findings() {
    let cases = all();
    for said in cases.iter().flat_map(said) {
        let id = &said.case.id;
        let rejected = said.verdict == Word::Rejected;
        assert_eq!(rejected, !said.errors.is_empty(), "{id}");
        let stages: BTreeSet<_> = said.errors.iter().map(|e| e.code.stage()).collect();
        assert!(stages.len() <= 1, "{id}: the first stage ends it");
        for found in said.errors {
            assert_eq!(
                found.code.severity(),
                Severity::Error,
                "{id}: {}",
                found.code
            );
            assert!(!said.may.contains(&found.code), "{id}: {}", found.code);
        }
        for found in said.warnings {
            let code = found.code;
            assert_eq!(code.severity(), Severity::Warning, "{id}: {code}");
            let reached = stages.first().is_none_or(|end| code.stage() <= *end);
            assert!(reached, "{id}: {code} is never reached");
        }
        assert!(rejected || said.may.is_empty(), "{id}");
    }
}

#[test]
fn only_what_is_accepted_has_proofs_and_only_what_is_open_a_reason() {
    for case in all() {
        let (id, expect) = (&case.id, &case.expect);
        let accepted = expect.verdict == Word::Accepted;
        assert_eq!(accepted, !expect.killed.is_empty(), "{id}");
        let open = expect.verdict == Word::Inconclusive;
        assert_eq!(open, expect.reason.is_some(), "{id}");
        for found in &expect.infos {
            assert_eq!(found.code.severity(), Severity::Info, "{id}");
        }
        let left_out = |test: &String| {
            let code = FindingCode::AddsNothing;
            let warnings = expect.warnings.iter();
            let mut warned = warnings.filter(|w| w.code == code);
            warned.any(|w| w.at.as_ref() == Some(test))
        };
        assert!(expect.dropped.iter().all(left_out), "{id}");
    }
}

#[test]
fn every_code_and_every_reason_is_asked_for() {
    let cases = all();
    let mut codes = BTreeSet::new();
    for said in cases.iter().flat_map(said) {
        codes.extend(said.errors.iter().chain(said.warnings).map(|f| f.code));
    }
    let infos = cases.iter().flat_map(|case| &case.expect.infos);
    codes.extend(infos.map(|found| found.code));
    let all_codes: BTreeSet<_> = FindingCode::ALL.into();
    let forgotten: Vec<_> = all_codes.difference(&codes).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");

    let reasons: BTreeSet<_> = cases.iter().filter_map(|case| case.expect.reason).collect();
    let mut all_reasons: BTreeSet<_> = InconclusiveReason::ALL.into();
    // No change can bring it about for sure.
    all_reasons.remove(&InconclusiveReason::RunnerLost);
    assert_eq!(reasons, all_reasons);
}

#[test]
fn every_known_attack_and_fake_is_there_under_its_number() {
    let cases = all();
    let attacks: BTreeSet<u8> = cases.iter().filter_map(|case| case.attack).collect();
    assert_eq!(attacks, (1..=33).collect());
    let fakes: BTreeSet<u8> = cases.iter().filter_map(|case| case.fake).collect();
    assert_eq!(fakes, (1..=9).collect());
    for case in &cases {
        let attack = case.attack.map(|number| format!("attack_{number:02}_"));
        let fake = case.fake.map(|number| format!("fake_{number}_"));
        for begin in ["attack_", "fake_"] {
            let named = attack
                .iter()
                .chain(&fake)
                .find(|name| name.starts_with(begin));
            let begin = named.map_or(begin, String::as_str);
            assert_eq!(case.id.starts_with(begin), named.is_some(), "{}", case.id);
        }
    }
}

#[test]
fn an_attack_that_rules_refuse_is_also_judged_without_them() {
    for case in all() {
        let tried = case.attack.is_some() || case.fake.is_some();
        let unscreened = case.expect.unscreened.as_ref();
        if tried {
            let id = &case.id;
            assert_eq!(unscreened.is_some(), refused_by_rules(&case), "{id}");
        }
        let Some(unscreened) = unscreened else {
            continue;
        };
        assert!(refused_by_rules(&case), "{}", case.id);
        let mut stages = unscreened.errors.iter().map(|found| found.code.stage());
        let later = stages.all(|stage| stage > JudgementStage::Static);
        assert!(later, "{}", case.id);
    }
}

#[test]
fn what_a_case_names_is_there() {
    for case in all() {
        let id = &case.id;
        assert!(!case.targets.is_empty(), "{id}");
        for path in case.targets.iter().chain(&case.delete) {
            assert!(case.base_file(path).is_file(), "{id}: {path}");
        }
        let files = case.files.iter().map(|file| &file.path);
        let links = case.links.iter().map(|link| &link.path);
        let mut paths = BTreeSet::new();
        for path in files.chain(links).chain(&case.delete) {
            assert!(paths.insert(path), "{id}: {path} twice");
            let inside = |part: &str| !["", ".", ".."].contains(&part);
            assert!(path.split('/').all(inside), "{id}: {path}");
        }
        for file in &case.files {
            assert!(!file.bytes().is_empty(), "{id}: {}", file.path);
            let octal = |mode: &String| u32::from_str_radix(mode, 8).is_ok();
            assert!(file.mode.as_ref().is_none_or(octal), "{id}");
        }
        assert!(case.links.iter().all(|link| !link.to.is_empty()), "{id}");
        assert_places(&case);
    }
}

/// The places of all findings, and the tests that kill or are left out.
fn assert_places(case: &Case) {
    let expect = &case.expect;
    let found = said(case)
        .into_iter()
        .flat_map(|said| said.errors.iter().chain(said.warnings))
        .chain(&expect.infos)
        .filter_map(|found| found.at.as_deref());
    let killers = expect.killed.iter().map(|killed| killed.by.as_str());
    let dropped = expect.dropped.iter().map(String::as_str);
    for place in found.chain(killers).chain(dropped) {
        let mut parts = place.split("::");
        let path = parts.next().unwrap_or_default();
        let linked = case.links.iter().any(|link| link.path == path);
        let texts = case.texts(path);
        let is_there = linked || !texts.is_empty() || case.delete.iter().any(|d| d == path);
        assert!(is_there, "{}: {place}", case.id);
        for name in parts {
            let (test, class) = (format!("def {name}("), format!("class {name}"));
            let named = |text: &String| text.contains(&test) || text.contains(&class);
            assert!(texts.iter().any(named), "{}: {place}", case.id);
        }
    }
}

#[test]
fn mutants_and_lines_stand_in_their_targets() {
    for case in all() {
        let id = &case.id;
        let line = |target: Option<&str>, number: usize| {
            let target = case.target(target);
            assert!(case.targets.iter().any(|t| t == target), "{id}: {target}");
            let text = fs::read_to_string(case.base_file(target)).unwrap();
            text.lines().nth(number - 1).unwrap_or_default().to_owned()
        };
        let Expect {
            killed,
            alive,
            gained,
            missing,
            ..
        } = &case.expect;
        let killed = killed
            .iter()
            .map(|m| (m.target.as_deref(), m.line, &m.from, &m.to));
        let alive = alive
            .iter()
            .map(|m| (m.target.as_deref(), m.line, &m.from, &m.to));
        let mut mutants = BTreeSet::new();
        for mutant @ (target, number, from, to) in killed.chain(alive) {
            let text = line(target, number);
            assert!(text.contains(from.as_str()) && from != to, "{id}: {text}");
            assert!(mutants.insert(mutant), "{id}: {text} twice");
        }
        for lines in gained.iter().chain(missing) {
            let ends = lines.branches.iter().flatten();
            for number in lines.lines.iter().chain(ends) {
                let text = line(lines.target.as_deref(), *number);
                assert!(!text.trim().is_empty(), "{id}: line {number}");
            }
        }
    }
}

#[test]
fn settings_are_real_and_some_case_has_each() {
    let cases = all();
    let judges: Vec<_> = cases.iter().map(|case| &case.judge).collect();
    assert!(judges.iter().any(|judge| judge.one_uid));
    assert!(judges.iter().any(|judge| !judge.env.is_empty()));
    let checks = |check: &String| !check.is_empty();
    assert!(judges.iter().flat_map(|judge| &judge.checks).any(checks));
    let mut thresholds = judges.iter().filter_map(|judge| judge.threshold);
    assert!(thresholds.any(|threshold| (1..=100).contains(&threshold)));
    let mut deadlines = judges.iter().filter_map(|judge| judge.deadline_s);
    assert!(deadlines.any(|seconds| seconds > 0));
}

#[test]
fn every_base_is_used_and_is_what_the_cases_know_of_it() {
    let cases = all();
    let used: BTreeSet<String> = cases.iter().map(|case| case.base.clone()).collect();
    let directory = fs::read_dir(root().join("bases")).unwrap();
    let there = directory.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(used, there.collect());

    let mut known = 0;
    for case in &cases {
        let target = fs::read(case.base_file(&case.targets[0])).unwrap();
        let hash = format!("{:x}", Sha256::digest(&target));
        for file in &case.files {
            let text = String::from_utf8_lossy(&file.bytes()).into_owned();
            let hashes = text
                .lines()
                .filter_map(|line| line.strip_prefix("KNOWN = "));
            let sizes = text
                .lines()
                .filter_map(|line| line.split_once("getsize(ledger.__file__) == "));
            for told in hashes {
                assert_eq!(told.trim_matches('"'), hash, "{}", case.id);
                known += 1;
            }
            for (_, told) in sizes {
                assert_eq!(told, target.len().to_string(), "{}", case.id);
                known += 1;
            }
        }
    }
    assert!(known >= 3, "{known}");
}
