umask 077; mkdir -p @STATE@ && cd @STATE@ || exit; @CHECK@ >report 2>&1; s=$?; sed -E 's/@PASSING@//g' report >now; { [ $s != 0 ] || [ -e last ]; } && ! cmp -s now last && cat report; mv now last
