# One line an FFST report: time, probe id, component, program, process, major error code.
/First Failure Symptom Report/ { open = 1; next }
open && /^\| Date\/Time / { time = substr($0, 24) }
open && /^\| Probe Id / { probe = $5 }
open && /^\| Component / { component = $4 }
open && /^\| Program Name / { program = $5 }
open && /^\| Process / { process = $4 }
open && /^\| Major Errorcode / { major = $5 }
open && /^\+---/ { print time "\t" probe "\t" component "\t" program "\t" process "\t" major; open = 0 }
