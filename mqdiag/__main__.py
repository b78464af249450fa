from mqdiag.cli import main

main()
