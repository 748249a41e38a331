from tests.double.server import main

main()
