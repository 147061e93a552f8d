<psc:chapters version="1.0"><psc:chapter start="00:00:00" title="Nobody declared the prefix"/><psc:chapter start="12:42.345" title="Ende"/></psc:chapters>
