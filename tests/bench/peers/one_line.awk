# One line a record: stamp, instant, message id.
function out() { if (stamp != "" || id != "") print stamp "\t" utc "\t" id; stamp = utc = id = "" }
/^AMQ[0-9]/ { if (id == "") id = substr($1, 1, length($1) - 1); next }
/^-----/ { out(); next }
/^ .*Time\(/ { match($0, /Time\([^)]*/); utc = substr($0, RSTART + 5, RLENGTH - 5); next }
/ - Process\(/ { if (stamp != "") out(); stamp = $1 " " $2 }
