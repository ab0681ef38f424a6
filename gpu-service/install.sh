#!/usr/bin/env bash
# Sets this machine up as a GPU host: the daemon, libtorch for its device, the models, a key and a systemd unit; then
# prints the `hosts` entry for the bridge. Needs no Python and no compiler. Run again, it upgrades and mends what is
# there and keeps the settings, the key and the models. `install.sh --help` lists the options.
#
# It lies in the release archive beside the daemon. Alone, it fetches that archive first.
set -euo pipefail
# Patterns are for unzip, never for the shell.
set -f

VERSION="${GPU_SERVICE_VERSION:-}"
RELEASES="${GPU_SERVICE_RELEASES:-https://github.com/elvatis/openclaw-gpu-bridge/releases/download}"
INDEX="${PIP_INDEX_URL:-https://pypi.org/simple}"

here="$(cd "$(dirname "${BASH_SOURCE[0]:-.}")" && pwd)"
root="" prefix="" device="" user="" name="" address="" port=8765
embed="" bertscore="" rerank="" extra="" systemd="" prefetch=1 purge=0 action=install
given_host=0 given_port=0

say() { printf '%s\n' "$@"; }
step() { printf '==> %s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

help() {
  cat <<'TEXT'
usage: install.sh [options]

  --cpu, --cuda           which libtorch (default: CUDA where there is an NVIDIA device)
  --host ADDRESS          address to listen on (default 0.0.0.0)
  --port PORT             port to listen on (default 8765)
  --name NAME             what the bridge is to call this host (default: the host name)
  --model-embed NAME      default models; the daemon's own where not given
  --model-bertscore NAME
  --model-rerank NAME
  --models TASK:NAME,...  further models to fetch and to allow, such as embed:BAAI/bge-m3
  --no-prefetch           leave the models for the first start
  --prefix FOLDER         where the daemon goes (default /opt/gpu-service)
  --user NAME             who runs it (default gpu-service; made where missing)
  --root FOLDER           put everything under this folder, as into an image; starts nothing
  --no-systemd            make no unit; say how to start the daemon instead
  --uninstall [--purge]   take the daemon away; with --purge its settings, key and models too

Settings live in /etc/gpu-service/env and are yours: a second run changes only what its options name. Name, prefix
and user are kept there too, as INSTALL_NAME, INSTALL_PREFIX and INSTALL_USER, which the daemon doesn't read.
PIP_INDEX_URL names another package index, HF_ENDPOINT another hub, HF_TOKEN its token, HTTPS_PROXY a proxy.
TEXT
}

value() {
  if [ $# -lt 2 ] || [ -z "$2" ]; then fail "$1 needs a value."; fi
  printf '%s' "$2"
}

parse() {
  while [ $# -gt 0 ]; do
    case "$1" in
      --cpu | --cuda) device="${1#--}" ;;
      --no-prefetch) prefetch=0 ;;
      --no-systemd) systemd=no ;;
      --uninstall) action=uninstall ;;
      --purge) purge=1 ;;
      --help | -h) help; exit 0 ;;
      --host) address="$(value "$@")"; given_host=1; shift ;;
      --port) port="$(value "$@")"; given_port=1; shift ;;
      --name) name="$(value "$@")"; shift ;;
      --model-embed) embed="$(value "$@")"; shift ;;
      --model-bertscore) bertscore="$(value "$@")"; shift ;;
      --model-rerank) rerank="$(value "$@")"; shift ;;
      --models) extra="$(value "$@")"; shift ;;
      --prefix) prefix="$(value "$@")"; shift ;;
      --user) user="$(value "$@")"; shift ;;
      --root) root="$(value "$@")"; shift ;;
      *) fail "$1 is no option; \`install.sh --help\` lists them." ;;
    esac
    shift
  done
}

# --- where things are ---------------------------------------------------------------------------------------------

settle() {
  [ "$(uname -s)" = Linux ] || fail "This sets Linux hosts up, and $(uname -s) is none; see gpu-service/README.md."
  case "$(uname -m)" in
    x86_64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "There is no libtorch for $(uname -m); x86_64 and aarch64 have one." ;;
  esac
  [ "$(id -u)" = 0 ] || [ -n "$root" ] || fail "Run it as root (sudo), or with --root FOLDER to only lay files out."
  if ! [[ "$port" =~ ^[0-9]{1,5}$ ]] || [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then
    fail "--port $port is no port; name 1 to 65535."
  fi
  etc="$root/etc/gpu-service" state="$root/var/lib/gpu-service" settings="$root/etc/gpu-service/env"
  unit="$root/etc/systemd/system/gpu-service.service"
  recall
  opt="$root$prefix"
  [ -n "$systemd" ] || { command -v systemctl >/dev/null && systemd=yes || systemd=no; }
  [ -z "$root" ] && [ -d /run/systemd/system ] && booted=1 || booted=0
}

# What an earlier run was told, where this one is told nothing.
recall() {
  if [ -n "$name" ] && ! [[ "$name" =~ ^[A-Za-z0-9._-]+$ ]]; then
    fail "--name $name can't be kept; name it in letters, digits, '.', '_' and '-'."
  fi
  given_name="$name" given_prefix="$prefix" given_user="$user"
  name="${name:-$(setting INSTALL_NAME)}"
  prefix="${prefix:-$(setting INSTALL_PREFIX)}" prefix="${prefix:-/opt/gpu-service}"
  user="${user:-$(setting INSTALL_USER)}" user="${user:-gpu-service}"
}

need() {
  for tool in curl unzip tar sha256sum install; do
    command -v "$tool" >/dev/null || missing="${missing:-} $tool"
  done
  [ -z "${missing:-}" ] || fail "Install$missing first (apt-get install curl unzip, or dnf install curl unzip)."
}

choose_device() {
  [ -n "$device" ] && return
  if [ -e /dev/nvidia0 ] || nvidia-smi --list-gpus >/dev/null 2>&1; then device=cuda; else device=cpu; fi
}

# --- the daemon and libtorch --------------------------------------------------------------------------------------

# The folder with bin/gpu-service: the one this script lies in, or the release archive fetched now.
bring_release() {
  release="$here"
  [ -x "$release/bin/gpu-service" ] && return
  [ -n "$VERSION" ] || fail "There is no bin/gpu-service beside this script. Unpack a release archive, or set GPU_SERVICE_VERSION."
  local file="gpu-service-$VERSION-linux-$arch-$device.tar.gz"
  step "Fetching $file"
  curl -fsSL --retry 5 -o "$work/$file" "$RELEASES/v$VERSION/$file" || fail "$RELEASES/v$VERSION/$file could not be fetched."
  curl -fsSL --retry 5 -o "$work/$file.sha256" "$RELEASES/v$VERSION/$file.sha256" || fail "The archive's checksum could not be fetched."
  (cd "$work" && sha256sum --quiet -c "$file.sha256") || fail "$file doesn't have the checksum that the release states."
  tar -xzf "$work/$file" -C "$work"
  release="$work/${file%.tar.gz}"
}

install_daemon() {
  step "Installing the daemon into $opt"
  install -d "$opt/bin" "$opt/lib"
  install -m 755 "$release/bin/gpu-service" "$opt/bin/gpu-service.new"
  mv -f "$opt/bin/gpu-service.new" "$opt/bin/gpu-service"
  [ "$release" = "$opt" ] || install -m 755 "$release/install.sh" "$opt/install.sh"
  [ "$release" = "$opt" ] || install -m 644 "$release/wheels.txt" "$opt/wheels.txt"
}

# libtorch comes with the archive for CPUs, or else out of the same pinned wheels that the daemon was built against.
install_libtorch() {
  local stamp wanted
  wanted="$device $(sha256sum <"$release/wheels.txt")" stamp="$opt/lib/.wheels"
  [ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ] && return
  rm -rf "$opt/lib.new" && install -d "$opt/lib.new"
  if [ "$device" = cpu ] && [ -e "$release/lib/libtorch_cpu.so" ]; then
    step "Installing libtorch for the CPU"
    cp -a "$release/lib/." "$opt/lib.new/"
  else
    wheels
  fi
  [ -e "$opt/lib.new/libtorch_$device.so" ] || fail "The pinned files hold no libtorch_$device.so; this release is broken."
  printf '%s' "$wanted" >"$opt/lib.new/.wheels"
  rm -rf "${opt:?}/lib" && mv "$opt/lib.new" "$opt/lib"
}

# wheels.txt: device, architecture, package, sha256, bytes, and the members to take. A pattern that finds nothing is no
# error (unzip's 11): which libraries there are differs between architectures.
wheels() {
  local package sum bytes members needed
  needed="$(awk -v d="$device" -v a="$arch" '$1 == d && $2 == a { n += 3 * $5 } END { printf "%d", n / 1024 }' "$release/wheels.txt")"
  [ "$(df -Pk "$opt" | awk 'NR == 2 { print $4 }')" -ge "$needed" ] || fail "$opt needs $((needed / 1024)) MiB free for libtorch."
  while read -r _ _ package sum bytes members; do
    step "Fetching $package, $((bytes / 1000000)) MB"
    fetch_wheel "$package" "$sum" "$work/wheel.whl"
    # shellcheck disable=SC2086 # the members are globs for unzip
    unzip -qjo "$work/wheel.whl" $members -d "$opt/lib.new" 2>/dev/null || [ $? = 11 ] || fail "$package can't be unpacked."
    rm -f "$work/wheel.whl"
  done < <(awk -v d="$device" -v a="$arch" '$1 == d && $2 == a' "$release/wheels.txt")
}

# A package index lists its files with their checksums, so the checksum finds the file.
fetch_wheel() {
  local page url
  page="$(curl -fsSL --retry 5 -H 'Accept: text/html' "$INDEX/$1/")" || fail "The package index $INDEX can't be reached for $1."
  url="$(grep -o "href=\"[^\"]*#sha256=$2\"" <<<"$page" | head -1 | cut -d'"' -f2 | cut -d'#' -f1 || true)"
  [ -n "$url" ] || fail "$INDEX has no file of $1 with the sha256 $2."
  case "$url" in http*) ;; *) url="$(printf '%s' "$INDEX" | cut -d/ -f1-3)$url" ;; esac
  curl -fL --retry 5 -C - --no-progress-meter -o "$3" "$url" || fail "$url could not be fetched; run the same command again."
  [ "$(sha256sum <"$3" | cut -d' ' -f1)" = "$2" ] || fail "$url doesn't have the pinned sha256 $2."
}

# --- settings, user, unit -----------------------------------------------------------------------------------------

make_user() {
  install -d -m 755 "$etc" && install -d -m 750 "$state"
  [ -z "$root" ] || return 0
  id "$user" >/dev/null 2>&1 || useradd --system --home-dir "$state" --shell /usr/sbin/nologin "$user"
  for group in video render; do
    if getent group "$group" >/dev/null; then usermod -aG "$group" "$user"; fi
  done
  chown -R "$user": "$state"
}

new_key() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

setting() { [ ! -e "$settings" ] || sed -n "s/^$1=//p" "$settings" | tail -1; }

# Sets a variable, keeping its place and everything else in the file.
set_setting() {
  if grep -q "^$1=" "$settings"; then
    awk -v key="$1" -v text="$1=$2" 'index($0, key "=") == 1 { print text; next } { print }' "$settings" >"$settings.new"
    cat "$settings.new" >"$settings" && rm -f "$settings.new"
  else
    printf '%s=%s\n' "$1" "$2" >>"$settings"
  fi
}

write_settings() {
  if [ ! -e "$settings" ]; then
    (umask 077 && say "# Settings of gpu-service; $prefix/bin/gpu-service --help lists them all." >"$settings")
    set_setting API_KEY "$(new_key)"
    set_setting HOST "${address:-0.0.0.0}"
    set_setting PORT "$port"
    set_setting HF_HOME /var/lib/gpu-service/huggingface
    [ -z "${HF_ENDPOINT:-}" ] || set_setting HF_ENDPOINT "$HF_ENDPOINT"
    [ -z "${HF_TOKEN:-}" ] || set_setting HF_TOKEN "$HF_TOKEN"
    set_setting OPENCLAW_GPU_BRIDGE_CACHE /var/lib/gpu-service/cache
  fi
  [ "$given_host" = 0 ] || set_setting HOST "$address"
  [ "$given_port" = 0 ] || set_setting PORT "$port"
  [ -z "$embed" ] || set_setting MODEL_EMBED "$embed"
  [ -z "$bertscore" ] || set_setting MODEL_BERTSCORE "$bertscore"
  [ -z "$rerank" ] || set_setting MODEL_RERANK "$rerank"
  [ -z "$given_name" ] || set_setting INSTALL_NAME "$name"
  [ -z "$given_prefix" ] || set_setting INSTALL_PREFIX "$prefix"
  [ -z "$given_user" ] || set_setting INSTALL_USER "$user"
  allow_extra
  chmod 640 "$settings"
  [ -n "$root" ] || chgrp "$user" "$settings"
}

# The models of --models, beside those that are allowed already.
allow_extra() {
  local entry allowed
  for entry in ${extra//,/ }; do
    [[ "$entry" == *:* ]] || fail "--models $entry needs its task, as in embed:$entry."
    allowed="$(setting GPU_ALLOWED_MODELS)"
    [[ ",$allowed," == *",${entry#*:},"* ]] || set_setting GPU_ALLOWED_MODELS "${allowed:+$allowed,}${entry#*:}"
  done
}

write_unit() {
  [ "$systemd" = yes ] || return 0
  install -d "$(dirname "$unit")"
  cat >"$unit" <<TEXT
[Unit]
Description=GPU service: embeddings, BERTScore and reranking over HTTP
Documentation=https://github.com/elvatis/openclaw-gpu-bridge
After=network-online.target
Wants=network-online.target

[Service]
User=$user
EnvironmentFile=/etc/gpu-service/env
ExecStart=$prefix/bin/gpu-service
Restart=on-failure
RestartSec=2
# As long as running work may take, and a little more.
TimeoutStopSec=40
LimitNOFILE=65536
StateDirectory=gpu-service
WorkingDirectory=/var/lib/gpu-service
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
LockPersonality=yes

[Install]
WantedBy=multi-user.target
TEXT
}

# --- models -------------------------------------------------------------------------------------------------------

# The daemon itself fetches and checks models, so it runs once, on loopback, until it says that it is ready.
fetch_models() {
  [ "$prefetch" = 1 ] && [ -z "$root" ] || return 0
  step "Fetching the models and trying the daemon"
  local log="$work/daemon.log" url status=0 variables
  mapfile -t variables < <(proxies; grep '^[A-Za-z_]*=' "$settings")
  (cd "$state" && exec env -i PATH="$PATH" "${variables[@]}" HOST=127.0.0.1 PORT=0 \
    setpriv --reuid "$user" --regid "$user" --init-groups "$opt/bin/gpu-service") >"$log" 2>&1 &
  daemon=$!
  until url="$(grep -o 'gpu-service ready on http://[^ ]*' "$log" | head -1)" && [ -n "$url" ]; do
    kill -0 "$daemon" 2>/dev/null || { tail -20 "$log" >&2; fail "The daemon didn't start; its log is above."; }
    sleep 1
  done
  grep -o 'gpu-service ready on .*' "$log" | sed 's/^/    /'
  for entry in ${extra//,/ }; do load "${url##* }" "${entry%%:*}" "${entry#*:}" || status=1; done
  kill -TERM "$daemon" 2>/dev/null || true
  wait "$daemon" || true
  daemon=""
  [ "$status" = 0 ] || fail "Not every model could be fetched; run the same command again."
}

proxies() { env | grep -iE '^(https?_proxy|no_proxy|all_proxy)=' || true; }

# 202 means that the model is on its way; asking again waits on.
load() {
  local code
  say "    $2 $3"
  while :; do
    code="$(curl -sS -o "$work/reply" -w '%{http_code}' -H "X-API-Key: $(setting API_KEY)" \
      -H 'content-type: application/json' -d "{\"model\": \"$3\", \"task\": \"$2\"}" "$1/models/load")"
    case "$code" in
      200) return 0 ;;
      202 | 503) sleep 1 ;;
      *) printf '    %s: %s\n' "$3" "$(cat "$work/reply")" >&2; return 1 ;;
    esac
  done
}

# --- the end ------------------------------------------------------------------------------------------------------

start() {
  [ "$systemd" = yes ] && [ "$booted" = 1 ] || return 0
  step "Starting the unit gpu-service"
  systemctl daemon-reload && systemctl enable --quiet gpu-service && systemctl restart gpu-service
}

entry() {
  local ip
  ip="$(setting HOST)"
  case "$ip" in 0.0.0.0 | ::) ip="$(hostname -I 2>/dev/null | awk '{ print $1 }')" ;; esac
  say "" "This host's entry for \`hosts\` in the bridge's configuration:" ""
  printf '{ "name": "%s", "url": "http://%s:%s", "apiKey": "%s" }\n\n' \
    "${name:-$(hostname)}" "${ip:-$(hostname)}" "$(setting PORT)" "$(setting API_KEY)"
  if [ "$systemd" = yes ] && [ "$booted" = 1 ]; then
    say "Its log: journalctl -u gpu-service -f"
  else
    say "To start it, as $user: cd /var/lib/gpu-service && env \$(grep -v '^#' /etc/gpu-service/env) $prefix/bin/gpu-service"
  fi
}

uninstall() {
  if [ "$booted" = 1 ] && [ -e "$unit" ]; then systemctl disable --quiet --now gpu-service || true; fi
  rm -f "$unit" && rm -rf "$opt"
  [ "$booted" = 0 ] || systemctl daemon-reload
  if [ "$purge" = 0 ]; then
    say "gpu-service is gone. Its settings and key are still in $etc, its models in $state; --purge takes them too."
    return
  fi
  rm -rf "$etc" "$state"
  if [ -z "$root" ] && id "$user" >/dev/null 2>&1; then userdel "$user"; fi
  say "gpu-service is gone with its settings, its key and its models."
}

main() {
  parse "$@"
  settle
  if [ "$action" = uninstall ]; then uninstall; return; fi
  need
  choose_device
  work="$(mktemp -d)" daemon=""
  trap '[ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null; rm -rf "$work"' EXIT
  bring_release
  install_daemon
  install_libtorch
  make_user
  write_settings
  write_unit
  fetch_models
  start
  entry
}

main "$@"
