//! `--network open`: a network of the attempt's own, on which nobody else is, and gone with it.

use std::net::TcpListener;

use deckhands_e2e::{Bench, bash, bash_for, create_file, docker};
use deckhands_testkit::{AfterEnd, Script, Step};
use serde_json::Value;

use super::{LIMIT, both};
use crate::reap;

const OPEN: [&str; 3] = ["work", "--network", "open"];

/// Calls a port of whoever is the way to everywhere, and tells how it went.
const CALL: &str = r#"
import socket, sys
with open("/proc/net/route") as table:
    rows = [line.split() for line in table]
way = next(row[2] for row in rows if row[1] == "00000000")
way = socket.inet_ntoa(bytes.fromhex(way)[::-1])
with socket.create_connection((way, int(sys.argv[1])), timeout=10) as service:
    answer = service.recv(100).decode()
with open("/workspace/answer.txt", "w") as file:
    file.write(way + " " + answer)
"#;

#[test]
fn an_open_network_is_the_attempts_own_and_leads_to_the_host() {
    let service = TcpListener::bind("0.0.0.0:0").expect("a service of the host");
    let port = service.local_addr().expect("its address").port();
    let answering = std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut client, _from) = service.accept()?;
        client.write_all(b"hello from the host")
    });
    let bench = Bench::new(Script::new([
        create_file("/tmp/call.py", CALL),
        bash_for(&format!("python3 /tmp/call.py {port}; sleep 5"), 60),
        Step::finish("done"),
    ]));
    let running = bench
        .start(&OPEN)
        .until("the command", LIMIT, || bench.requests().len() >= 2);
    let gateway = check_network(&bench);
    let _ = running.end().with_code(0);
    let told = bench.file("answer.txt");
    let expected = format!("{gateway} hello from the host");
    assert_eq!(told.as_deref(), Some(&*expected));
    let answered = answering.join().expect("the service's end");
    answered.expect("an answered call");
    bench.assert_nothing_left();
}

/// The one network, as the daemon has it; its gateway.
fn check_network(bench: &Bench) -> String {
    let (app, sandbox) = both(bench);
    let name = format!("deckhands-{}-1-net", bench.tasks().concat());
    assert_eq!(bench.networks().concat(), name);
    let network = docker(&["network", "inspect", &name]);
    let network: Value = serde_json::from_str(&network).expect("JSON");
    let network = &network[0];
    let option = &network["Options"]["com.docker.network.bridge.enable_icc"];
    assert_eq!(option, "false", "{network:#}");
    assert_eq!(network["Driver"], "bridge", "{network:#}");
    let labels = &network["Labels"];
    assert_eq!(labels["managed-by"], "deckhands", "{network:#}");
    assert_eq!(labels["deckhands.task"], bench.tasks().concat());
    let on_it = network["Containers"].as_object().expect("containers");
    let id = app.inspect["Id"].as_str().expect("an id");
    assert_eq!(on_it.keys().collect::<Vec<_>>(), [id], "{network:#}");
    assert_eq!(app.inspect["HostConfig"]["NetworkMode"], name);
    let shared = &sandbox.inspect["HostConfig"]["NetworkMode"];
    assert_eq!(*shared, format!("container:{id}"));
    let gateway = network["IPAM"]["Config"][0]["Gateway"].as_str();
    gateway.expect("a gateway").to_owned()
}

#[test]
fn the_network_of_a_killed_run_is_reaped() {
    let endless = Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast);
    reap::check_run(endless, &OPEN, |bench| {
        reap::commands(bench, "sleep 200") && bench.networks().len() == 1
    });
}

/// The network is there before any container is on it.
#[test]
fn a_network_without_containers_is_reaped_too() {
    let endless = Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast);
    reap::check_run(endless, &OPEN, |bench| !bench.networks().is_empty());
}

#[test]
fn a_cancelled_run_takes_its_network_along() {
    let endless = Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast);
    let bench = Bench::new(endless);
    let running = bench.start(&OPEN).until("a call of the model", LIMIT, || {
        !bench.requests().is_empty()
    });
    assert_eq!(bench.networks().len(), 1);
    running.signal("INT");
    let report = running.end().with_code(130).json();
    assert_eq!(report["state"], "cancelled", "{report:#}");
    bench.assert_nothing_left();
}
