"""The stand-in's pages for people. They show what is remembered and change nothing but a finished set-up."""
