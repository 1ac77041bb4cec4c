"""An ordinary member portal, as a site has it before it installs anything of ours."""
