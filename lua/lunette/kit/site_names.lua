-- Names of sites that people gave: the part below the public suffix of the home pages of Debian 12's packages, and of services that
-- networks talk to every day. The model of lunette.kit.dga learns from them what names look like.
return [[
0install 0ldsk00l 0pointer 0xacab 0xcc 0xff 1001fonts 100allora 126net 13thmonkey 16-bits 25thandclement 26elf 2mdn 2ndquadrant
3d-mocassin 3web 4pane 4ti2 50hz 6809 7-zip 7kfans 9front a-k-r aalto aaplimg aarontrevena abcl abdn abelcheung abinit abisource abiword
ableton abseil abstrakraft abuseat abyz access2base acedb acme acoustid acpica actiona activeldap activityworkshop actor-framework actrix
aculo aczoom adam-bien adelton adiscon adjust adminer adnxs adobe adobe-type-tools adodb adotout adplug adsrvr advancemame advantech
aegisub aelius aeonbits aerc-mail aevol affinix afnix afterstep agaric agate-excel agateau agwa ahlstrom ahven-framework aide aiei aimath
aioredis aiosmtpd aiosmtplib airbnb aircrack-ng airr-community airs airspayce airspy ajaxsoundstudio akamai akamaiedge akamaihd akamaized
alarm-clock-applet alastairs-place alberta-fem alcyone aleksey alexdantas alexschroeder alfajango alglib alibaba alicdn alientrap
aliexpress alir3z4 aliyun all-day-breakfast allureofthestars alsa-project altair-viz altlinux altsysrq altusmetrum aluigi alumnit amanda
amazon amazonaws americanexpress aminet amirifont ammdomus ampl amqp amrayn amsuess amsynth amule anakreon analizo andre-simon
andrealombardo andreaswarnke andrew android angband angelcode angularjs angusj anjuta anope ansible ansilove antcom antex antigrain
antiyawn antlr antlr2 antlr3 antlr4 antonioerusso anyqt anysrc anytun ap2c apache apana apcupsd apdu apertis apertium apfloat apgdiff
apitrace aplpy apophenia apparmor appelsiini apple appneta appsflyer apt-mirror aptly aquamaniac arabeyes arachnoid aranym arbiterjs
archive archlinux arcp ardour arduino ares-emu argon argon2-cffi argyllcms aria2 arkandis armagetronad arminstraub arpalert arphic arrow
artecat artenum arthurdejong artofsolving artonx artsoft asahi-net asbradbury asc-hq asciidoc asciidoctor asciimoo asciinema
aseba-community askra aspectc aspell assemblytics assimp asterisk astro astro-informatics astrofrog astroidmail astromatic astrometry
astroml astropy astropy-healpix astropy-regions async async-aws atelier-anchor atgc-montpellier atheme athena-scs atig atoptool ats-lang
aubio auckland audacious-media-player audacityteam augeas augustsson aurel32 aurelio authlib autistici auto-editor auto-multiple-choice
autobahn automagically autorevision avahi avalentino avast avatar avogadro awesomewm awesomized azureedge b2b2c b2ck babeljs babelstone
babluboy babraham backblazeb2 backbonejs backuppc bacula bahnhof baidu bali-phy ball-project baller bankofamerica barclays barectf
barracudacentral barryp bartbes barton baseline-security basex basic256 batterseapower bayespy bazaar-vcs bazel bazil bbci bcgsc bcts
beaconlab beaker beanshell beanvalidation bearssl beast2 beasts beautifier beeb beeger beets belenios bellz belmont beltoforion belwue
benalman benchmarkjs bergo berkeley berlios bernstein-plus-sons bespin bestbuy bestpractical bettercap bewatermyfriend beyondgrep bglug
bhaak bheisler bibledit bibletime bidict biglybt billardgl billposer bindfs bing biniax biniou bioconductor biocore biodas bioinformatics
biojava biom-format bioperl biopython bioruby biosyntax birdfont bisqwit bitbucket bitdefender bitheap bitlbee bitmath bitmistress
bitreich bitstring bitwalker bitwizard bl0rg blackened blake2 bleachbit blender blitiri blkreplay bloboats blockattack blockdiag blockout
bloomberg blosc bluekai blueobelisk bluesky bluez blupi bmsi bnbeckwith bndtools bodhizazen boetes bogomips bolerio bolthole bomberclone
bonnefon bonvinlab booking boomerangsworld boost bootboxjs bootstrapcdn bootswatch borgbackup borgbase bornagainproject boswars bottlepy
boum bouncycastle bourbon bovigo box2d boxbackup bpython-interpreter braice brain-dump braintreepayments branch branchable brandon brause
brdstudio breakfastquay breakpoint-sass brebisproject breezy-vcs brendangregg brewtarget briansimulator brics bristol brltty
broadinstitute brockman brown brunoherbelin bsorrentino bttstrp bucardo bues bugsnag buildbot buildstream bulix bulletphysics bulma bund
bundlewrap burtonini buskill bustools busybox buzzard buzztrax byobu bytebuddy bytesex bzflag c-amie c-ares c-pluff c3js cabextract cacti
cadabra cadaver cafeobj caida cairocffi cairographics cairosvg cakelab calculix calcurse calf-studio-gear calhariz caliban calibre-ebook
call-cc calligra caltech camaya camlcity camlp5 campagnelab campagnola cangjians canonical canzeley caoua capistranorb capnproto
capstone-engine carrotsearch casa-formats-io casacore casalemedia case castaglia castor-data-binding cataclysmdda catalandictionary catb
caucho causal caveproductions cbaines cbor cbrc cburch cc65 ccache ccil cclib ccnw ccp4 ccxvii cdi-spec cdn77 cdolivet cea-hpc cegui
celeryq celogeek cen64 cenon centos ceph ceres-solver cern cert cfengine cgal cgdb cgit cgns cgsecurity ch-werner chad chaijs chalmers
chalow chancejs changeo chaoskey chartjs chase chasen checkip cheeseplant cheesit cheetahtemplate chef cherrypy chewing chiba-u
chipmunk-physics chiselapp chkrootkit chnry chocolate-doom chokkan chris-lamb chris00 chrisarndt chriscool christianjacobs chromium
chronicle chronox chrony chunkypng chyh1990 cibiv ciderwebmail cihar cinvestav cipherdyne circos cisco cisofy citadel citationstyles
citibank citrix cityinthesky cjmweb cjpaget ckeditor clairexen clamav clap clapper clarkware clash-lang classpath claws-mail clayo
clearchain clearsilver clementine-player cleondris clex clickhouse clifford cliki clipsrules clisp clojure clonezilla cloud-sptheme
cloudapp cloudflare cloudflareinsights cloudfront clover clovery clustal clusterlabs clutter-project cmake cmocka cmuflite cmus cmusphinx
cns11643 cnugteren cobertura cobite cockpit-project code-saturne codeberg codeblocks codebunny codeforpeople codehaus codehaus-plexus
codeinthehole codelabs codelite codemadness codemirror codenix codeotaku codeplex codesink codesynthesis codewith codon coelho coffeecrew
coffeescript cog-genomics coin-or coker colar colcon colivre collabora collaboration-world collatinus collectd colobot colordiff
coloredlogs colorfield colormap columbia comedi commerzbank common-lisp commonwl communi comodoca company-mode complete compuphase
computerchess computersystemsbook comskip concurrencykit concurrent-ruby cons conserver consol constantvzw constexpr consunet containerd
containertoolbx contextfreeart contextgarden contourpy coocan coolio coolprojects copernicus copilot-language cord coreboot coredump
coreruleset coresecurity cornell corosync corpit corsair626 costales costco costela couchbase countergram country-files courier-mta
couriergrey courtbouillon coverage coveralls cowlark coxphysics coz-profiler cp2k cpan cppcms cppreference cpputest cqrlog craig
craigbarnes crash-utility crashlytics crates create creytiv criteo criu crmsh cronolog cronometer crosswire crudfactory crufty crummy
cryfs crypticide cryptography cryptopp crystal-lang crystallography cshl csiro csound css3pie ctags ctan cthedot ctpl ctrlpvim ctsim ctwm
cubeengine cubic cubicsdr cucumber cujojs cukes cuni cups-pdf curl curlpp cvc4 cvc5 cvfosammmm cvut cvxopt cwrap cxxtest cyan4973
cybercity cyberelk cybernoia cybione cybozu cylc cypherpunks cyrusimap cython cyut d3js dabeaz daehwankimlab daemon daemonology daidouji
dalek daler dalibo dalkescientific damonlynch danfis danga danielgm danieljprice danielnoethen danielwagenaar danny danny-edel danplanet
daper darc darcs dardoria daringfireball darkgem darkice darkk darkside darktable darlinglab darold dartsim darwinsys dasm-assembler
datadoghq datalad datatables daum daveltd daveperrett davesteele davical davidbau davidgriffith dazzleships db4o dbackup dbcli dbdoclet
dbmx dbus dcache dclunie ddclient ddcutil ddnet ddogleg deakin dealii dealmeida deater debdelta debian debian-handbook debomatic decalage
dechifro deepin deepspace6 defusion dehydrated dejavu-fonts dell delorie delphiforums deluge-torrent demailly demdex dendrograms dendropy
denemo dengine denx deployingradius derf deshawresearch desmume desowin dest-unreach determinate dettus deutsche-bank develooper develz
deviantart devicetree devin devkix devroye devs deweylab df7cb dfandrich dgate dgdg dharmatype dhcpy6d dhis dia-installer diagrams dicey
dickgrune diesel diffoscope digicert digikam digint digip digirati digitalfanatics digitalforensicssolutions digitalgrammars digitalia
digitaloceanspaces digitazero digitemp dillo dimensional dinbror dinisnoise dipy directfb direnv dirvish disgenet displaycal disqus distcc
distributed divsite django-rest-framework djangoproject djcbsoftware djoffe dkolf dkratzert dkrz dlang dlib dlitz dmalloc dmaths
dmedvinsky dns-oarc dnsdiag dnsdist dnsjava dnspython docbook dockapps docker docopt docs doctrine-project documentfoundation doit
dojotoolkit dokuwiki dolezel dolphin-emu dom4j dompdf donhopkins doof doordash dosage dosbox dotat dotconf doubleclick dovecot download
doxygen dozingcatsoftware dpdk dpmb draisberghof drakkar-lig draves drbd dreamchess dreamhost drewnoakes drieu drive5 drmaa-python
drobilla dropbox dropboxstatic dropwizard drouizig drumgizmo dt42 dublin-traceroute duke duktape dulwich dumpsterventures dundee
dune-project duniter dunst-project duply durcheinandertal dushistov dvisvgm dvratil dwds dwheeler dygraphs dymo-label-printers dynare
dynaweb dyndns dyne dynet dynw dyslexicfonts dzongkha e-callisto e-cap e-medtools e-quake e-x-a e2tools earth easter-eggs easydev-python
easymock easyrdf ebassi ebaystatic ebible eblong ecademix ecentryx echo eclemma eclipse eclipse-ee4j ecmwf edbrowse eddelbuettel eddylab
edge-security edgecastcdn edgekey edgesuite edgewall edicl editorconfig edsantiago edugit edwardrosten edwinh eekboek eemeli efficios
eggheads eharning eigen einval eisentraut ejabberd ejci ejeschke ejml ekalinin ekenberg electrum elinks elixir-lang elki-project elm-lang
elpais elsat elte elusiveicons elycharts emacs-helm emacs-w3m emacswiki embl embnet embree emcee emcrisostomo emelfm2 emersion emhsoft
emma-soft emscripten enac enchantedage enderunix endless-sky enes enlightenment enselic entangle-photo enthought entrouvert entrust enyo
epam epfl epicsol epipe epita epmhome epoptes eprover epson eqonomize eradman erdgeist ergoscf erikyyy erlang erlang-projects erratique
errbot escape escape-edv eschulte eset eskimo eslint esnacc esprima esquire essej etallen etcd eterm eterna eternaldeiwos etesync
etetoolkit ethz etoileos etpan etree etsy ettercap ettus eukleides eurephia europa eustace evans eventable eventlet evertype evilpiepirate
ex-parrot exactcode exadrums examp1e excess exhale exiftool exim exiv2 exmh expedia expeyes expressionanalysis expressjs eyedacor eyrie
ezic ezoshosting ezquake eztrace f-droid f00l f3d-app fabfile facebook facelessuser fai-project fail2ban falconframework fallabs famfamfam
fancybox fasterland fasterxml fastjet fastly fastnetmon fasttrack fbb-git fbcdn fbreader fceux fcitx-im fcml-lib fcs-analysis fedorahosted
fedoraproject fefe fenicsproject ferheng ferrilab ferzkopp festvox fetchmail fetk ffado ffcv ffmpeg fftw fgnass fiction fifengine fifesoft
fifthhorseman fight-flash-fraud figlet filesizejs filezilla-project filippo finalrewind finestructure finnie firebaseio firebirdsql
firehol firelet firestorm firewalld first-world fishshell fitsh five-ten-sg fkurz flameeyes flamerobin flameshot flamingspork flarerpg
flashrom flask-dance flask-marshmallow flaskapi flatassembler flaterco flatpak flent flexible-collision-library flexpart flightaware
flightgear flintlib flipperzero flit floodgap florimondmanca flotcharts flowgrind flpsed fltk fluffytapeworm flufllock fluxbox flycheck
flyn fnal foldoc fomafst fontawesome fontconfig fontforge fontlibrary fontmanager fonts foo-projects foobar foofus foolab footprint forbes
forkaweso forkosh formbuilder formencode formfu forsyte fosscommunity fossil-scm fountain-mode fourdollars fourmilab fovea fox-toolkit
foxtrotgps fpdf fping frabru fragglet frama frama-c framagit framasoft franklin frankmorgner frantz freakysoft fred fredrikj free freebsd
freebsoft freecadweb freeciv freecode freecol freediameter freedict freedombox freedoom freedroid freeduc freedv freefem freefilesync
freehep freeipa freeorion freepascal freeplane freeradius freerdp freesasa freeshell freesmartphone freesrp freetds freetype frenchfries
frescobaldi freshmeat fresse fribidi frictionalcontactlibrary friedcheese frippery frisch fritzing frontiernet frozen-bubble frrouting
fruit frykholm fs-uae fsarchiver fu-berlin fujixerox fukuchi fukz fullstory funcoeszz funtoo furius fury fusesource fusiondirectory
fusioninventory fuzzylite fvwm fyeox fypp fz-juelich g-truc g10code g8wrb gaia-gis gajim galeracluster galois gambitscheme gamecreation
gamgi gammapy ganeti gangles ganglia gap-system garrigue gasmi gavare gbgoffice gcmd gcompris gcovr gdal gdnsd gdspy geany gearheadrpg
gecode geda-project gedanken geenivaramu geeqie geexbox gegl gemcutter gen2vdr genabel gene genereg geners genomethreader genometools
genomics genomicsdb genouest gentei gentoo geoalchemy-2 geoffrichards geogebra geometrictools geomview geopandas georegression
georgduffner gerbera gerbv gerd-neugebauer getbootstrap getcomposer getdnsapi getfem getid3 getlektor getmail6 getmdl getmonero getpat
getpelican getput gettalong geuz gevent gfd-dennou gflags gftp gfxmonk ggsoft ghalkes ghostgum ghostscript giadamusic giagio
gillesdegottex gimp ginac ginolhac ginstrom gioele git-cola git-scm gitano github gitlab gitless gitlib gitorious gittup giuspen gkrellm
glabels glassechidna glfw globalsign globulation2 glom gltron gluecss glueviz glukfonts gluster glx-dock gmod gmpclient gmplib gmsh
gnocchi gnodde gnokii gnome gnome-db gnome-look gnomepomodoro gnomesubtitles gnss-sdr gnu-octave gnucap gnucash gnufolks gnumed gnumeric
gnunet gnunn1 gnupg gnuradio gnusim8085 gnustep gnutls go-mono goaccess gobby gobics godaddy godoc godotengine goffi gohome gohugo golang
goldencheetah goldendict golug gonicus google googleapis googlesource googlesyndication googletagmanager googleusercontent googlevideo
gophernicus gopkg gottcode gource gpars gparted gphoto gpick gplhost gpodder gprolog gpsbabel gqrx gradator gradle grame grammalecte
gramps-project grantjenks grantlee graphicsmagick graphiteapp graphviz gravatar greatscottgadgets greekfontsociety greenend greenie
greenwoodsoftware gregkh gridtools grinninglizard grisbi grke grml gromacs groonga groovy groovy-lang gropp grothoff grpc grrrr grsecurity
gruntjs gsgd gstatic gstreamer gtimelog gtk-rs gtkd gtkhash gtkmm gtkpod gtld-servers guake-project guardian guengel guido-berhoerster
guifications guilhem guim guitarix gulpjs gunicorn gupnp gushee gust gwcs gweled gwyddion h-its h2database h5py habets habilis hachune
hackage-tracker hadrons hairyfatguy halide-lang hamaralinux hamcrest haml hampa handbrake handlebarsjs hanno-rein hansenpartnership
happstack haproxy hardinfo harelba harvard harvesthq hasenleithner hashcash hashcat haskell haskellstack hasw hatari haun hawaii haxe
haxor haxx haz3 hboehm hccnet hcs64 hdfeos hdfgroup hdmi2usb hdrhistogram hds619 headjs hectigo hedgehog hedgewars helgefjell heliohost
helllabs helsinki heptapod heptargon herbesfolles herbstluftwm hercules-390 heroinewarrior herokuapp hexchat heynemann hezmatt hfst hg-git
hgarcia hibberdlab hibernate highlightjs hime-ime hinterbergen hinterhof hippomocks hiroshima-u hitch-tls hitchdev hivelytracker hlandau
hledger hluk hmmer hnsky hohnstaedt hoicher hollywood holoborodko holycross homedepot honeyplanet honnef hoopajoo horde horizon-eda horms
hoteldruid hotjar hovinne hoytech hpcchallenge hping hpjansson hronopik hsafoundation hsbc hslua hsluv hspec hsqldb html-tidy htmlpreview
htmlpurifier htop htrace htslib httpie httplug httpunit httrack hubbe hubspot hughski hugovil humanfriendly humdi humenda hunspell hyber
hydrogen-music hylafax hyper hyperglitch hyperic hyperrate hyperrealm hyphy hypopg i18next i2pd i3wm iana iannix ibiblio ibotpeaches
ibus-sharada-braille icanhazip icarus icculus icecast icinga icloud icosaedro icu-project ideasonboard identicalsoftware ideocentric
idlcoyote ieee ietf ifarchive ifcquery ifdo ignitionrobotics ignorantguru igraph igtf ihug ikarus-scheme ikea ikiwiki iliaplatone illinois
illumina imag imageio imagemagick imaginary imapproxy imcce imdb imexam imfreedom imglib2 imitationpickles immutable impallari imperialat
improbability imsc in-addr in-toto in2p3 inai inaugust incenp incf inchi-trust include include-what-you-use incors indexbraille indexdata
indiana indii indilib indology indstate industriousone inet inetsim influxdata infodrom infonode inform-fiction infradead ini4j initd
inkscape inra inrae inria inrim inside-security insilmaril inspircd insta instagram installiert instead-hub instinctive int10h intarsys
integrazioneweb intel intercal interq intra2net inversepath invisible-island iodbc ioquake3 iosa iotic ipfire ipify ipinfo ipxe ipython
iraf-community ircad ircd-hybrid ireas iredis irif irill iris irisa irssi iscrolljs isdn4linux ismrmrd issihosts isthe istopwg it-eckert
it-zukunft-schule italiangrid itamae itch iterative itextpdf itstool iupui ivarch ivoa ivrix ivtools ivtvdriver izto jabber jabberd2
jabberwocky jabref jack jackaudio jacklmoore jak-linux jakarta jakartaee jalview jamesmead jami jamulus janelia janestreet janikrabe
janino jart jarvis jasig jasmine jaspervdj jasypt jaszczur java javacc javaee javaheatmap javaparser javastro javatuples javawi
javax-inject javazoom jaysalvat jbig2dec jblas jblevins jboss jboss-javassist jcabi jcip jclark jcoglan jcommander jcraft jctools jcvi
jdom jedisct1 jedit jedsoft jefftk jelmer jemalloc jensd jerasure jestjs jetbrains jetmore jets3t jflex jflex-de jfree jfugue jgmenu
jgoodies jgraph jgrapht jgroups jhlabs jhnc jibble jidesoft jinput jirka jison jlemmens jmdana jmock jmoerman jmtd jmuchemb jneen
joachim-breitner joakimandersson joda jodies joedog joewing joeyh jogamp john-lazzaro john-millikin johnhommer johnlines johnst jolokia
jonas jonasrauber jonls jonnyjd jool joostkremers jopendocument jorisroovers josd jothepro jpedal jprl jqapi jquery jquerygeo jquerymobile
jqueryui jruby js8call jsdelivr json5 jsoniter jsonselect jsoup jstest-gtk jstorage jstree jtempest jthink jtype juce juef juergen-ernst
juffed julianbradfield juljas junit jupyter jupyterbook juzzlin jwchat jwhitham jwilk jxplorer jydu jython k-3d k1024 kacst kaidan kaitai
kakao kakoune kaliko kamailio kannel kaoriya kaos karimmi karlrunge kaspersky kate-editor katholt katiska katxi kavrakilab kazoo
kazu-yamamoto kbd-project kchmviewer kdab kde-look kdenlive kdevelop keep-cool keepalived keepass keepassx keepassxc keio keith-wood
keithp kekekasvi kellyjonbrazil kenai kent kenwheeler keplerproject keras kermitproject kernel kernelshark keshikan kevinbirch
kexi-project keyman keyringer khenriks khibino khmeros khronos kicad kildclient kinodv kinzler kiokudb kippler kirgroup kironono
kismetwireless kitchenlab kitebird kitenet kitone kitware kivy kiwix kiyuko klake klayout kldp klingt klog klub kmkeen kmymoney knockoutjs
knopflerfish knot-dns knot-resolver knowthelist kodi kohsuke kokkinizita kokkonen kolab kolivas komsta konclude kore kornelix kornshell
koth kotlinlang kovidgoyal kphotoalbum krap kraxel krita kroah kroje kronosnet krusader krxd kryo kschiess ktnx ku-fpg kubernetes kuleuven
kulshekhar kupferlauncher kuwata-lab kvirc kwant-project kyberdigi kyleam kyne kyoto-u kyzer l3ib la-samhna la4j labix labri ladspa
laebisch lalescu lambdamusic laminas landley languagegeek languagemachines laravel larsenwork larsimmisch larsux lartc laserboy latencytop
latex2html latofonts launchpad laurentkneip laurikari lavasoftware lazarus-ide lbzip2 lcdf lcdproc lcm-proj ldap-account-manager ldapjs
ldcodesign leafletjs leafnode leaverou ledger-cli ledger2beancount ledgersmb leeds leenissen leidenuniv leiningen lekensteyn lemonde
lemonldap-ng lensfun lenzg leocad leonerd leptonica lesbonscomptes lesfleursdunormal lesscss letodms letsencrypt level7 leventerkok levien
lib3ds liballeg libarchive libbsd libburnia-project libc libcala libcamera libcheck libcoap libdivide libesmtp libevent libexif libexpat
libgd libguestfs libharu libheif libimobiledevice libjpeg-turbo liblognorm liblouis libmng libmodbus libnacl libndp libopenr2 libopenraw
libosinfo libpgf libpipeline libpll libpng libproxy libqglviewer libquantum libraries libraw librdf librecad librecast librecat librehq
librelogo libreoffice libreswan libretro libsdl libsigcplusplus libslack libsodium libsound libspatialindex libspectre libspf2 libspng
libssh libssh2 libstatgrab libteam libtiff libtins libtom libtorrent liburcu libusb libvips libvirt libvisual libvnc libvolk libwebsockets
libzip licdn lichteblau lief-project lifelines lifl liggghts lightandmatter lightcouch lighttpd lilypond limberg linalg linaro linas
linbox-team lingala lingnu linkcheck linkedin linofee linphone linrunner linukz linutronix linux linux-a11y linux-ax25 linux-games
linux-ha linux-nfs linux-nis linux-pam linux-speakup linux-sunxi linux-usb linuxassist linuxaudio linuxcnc linuxcontainers linuxfocus
linuxfoundation linuxha linuxhardware linuxmint linuxnetworks linuxonly linuxpages linuxprinting linuxsampler linuxtv linuxwacom linvdr
linxnet lip6 liquidsdr liquidsoap lis-lab lisaac list lists litech litecli litecoin littlecms littleigloo littlelimit littlesvr livescript
livetribe lldpd llnl llnwd lloyd llvm lmanul lmfit lmms lnav lobobrowser localdomain locationtech locust lodash lodev loefflmann log69
logicalshift logilab logological logstalgia lojban lokeshdhakar lokhorst lolware lomoco lonesock lonsing loomchild lorenzomartinez
losersjuegos lothar louiz love2d lowagie lowes lparallel lsmount lsp-plug ltsp lttng ltworf luaforge luajit luakit luarocks lugs luminis
lunabase lunarmodules lunrjs luon luth lv2plug lwfinger lwjgl lxde lxi-tools lxml lxqt lyft lzone lzop m17n maartenbaert macaulay2
macromedia madhouse-project madmalik madoka maefloresta maemo mag-sol magiclen magicstack magit magnusmanske maier-komor mail mailchimp
mailmindr mailshell makinacorpus makotemplates maks malsup malwarebytes mamedev mamuti man-db manageiq manaplus mancoosi mando manim
manropefont manyfish maoschanz mapcode mapeditor maplefish mapnik mapproxy mapserver maptools mariadb marijnhaverbeke mariomulansky
markfasheh marksimonson markummitchell marlam marmaro marples mars marshmallow-sqlalchemy martiansoftware martini martinos marzer masa16
mash masonhq mastercard masterminds masuseki mate-desktop math-comp mathjax mathpiper mathr mathtag matplotlib matrix matrixnetwork
matroska mattdm matthew mattkeeter mattmahoney mattmccutchen mattn maven mavetju maxmind mboxgrep mcabber mcafee mcfletch mcgill mckoi
mcternan mctools mdanalysis mdcc mdpdocs mdtraj measurement-factory mechtilde mediaarea mediaelementjs mediathekview mediawiki mednafen
meebey meep meetecho mega-nerd megaglest megastep megous meiocodigo meldmerge mellowood memcached memtest ment mephi mercurial-scm merjis
merkaartor merlins mesa3d mesecons meshlab meskio meso mesonbuild metabarcoding metacpan metadecks metalevel metamath method-combination
metoffice meuh meyerweb mgba mhogomchungu micans miceamaze michaelwillis micheleg michelf micro-editor microbesonline microsoft
microsoftonline midnight-commander miglayout mike-fabian mikegrouchy milaboratory milkypond milkytracker milligram miloyip mimec
mimedefang mina-deploy mindrot mindwerks minetest mingrammer mini-dweeb mininet minisat minizinc minlog-system mir-server mirbsd mirendom
missouri mister-muffin mitmproxy mixpanel mixxx mjackson mjambon mk270 mkchromecast mkdocs mkgmap mkleehammer mkvtoolnix mlmmj
mltframework mmonit mmottl mnemosyne-proj mnim moarvm moatads moblin mobyproject mochajs mockery mockito mockobjects modernc modernizr
modpython modsecurity modwsgi moji mojohaus mojolicious mojzis mokshaproject mollux molotov molspaces momentjs monash mongenet mongodb
mongoengine mongoid mongrel2 monitoring-plugins monitorix monkey monkeysphere mono-project mooniak moosefs mootools mopidy mor-pah moria
morlardf morningstarsecurity morphball morse-simulator mosh moshier mosquitto motd mothur motion-project motoya mova moxie mozdev mozilla
mp3butcher mpastell mpfr mpg123 mpi-sws mpich mpj-express mpl-animators mplayerhq mplusfonts mpmath mpqc mrirecon mrob mroth mrpt mrtrix
mruby mrunix msftconnecttest msftncsi msgpack msoos msweet msxpertsuite mths muchsync muempf muflone mujoco mujs multicians multiprecision
multiqc mumble mumblecore mumps-solver muni munin-monitoring muon muonics mupdf mupen64plus muppetlabs muquit muse-sequencer musepack
musescore musicbrainz musicpd mustache mutt mvdan mycli mydns myexternalip mygpoclient mypage mypaint mypy-lang myriabit myriadrf mysql
mysqlsandbox mystor mytty mzstatic naev nagano nagios nagstamon nagvis naihe2010 namazu namepad nanavati nano-editor nanoc nanomsg narod
nasa nasm nasophon naspa nationalparktypeface naturaldocs naturalnet naver navit-project navy nayuki nbpfaus ncbi ncftp necolas nekosynth
nekovm nematodes nenolod neomutt neon1 neovim nerc nesbot net-dns netbeans netbsd netfilter netflix netfort nethack netlabs netlandish
netlib netlify netmeister netpanzer netplan netplex netrek netsniff-ng netsurf-browser netswarm nette netty network networkupstools
networkx neuralensemble neuro neurobin neverball nevill newbreedsoftware newlisp newrelic newsboat next-scripting nextcloud nextepc
nexusformat nfc-tools nflxvideo nghttp2 nginx ngolde ngsolve ngyro nice nicemice nicfit nickgravgaard nickle nicklevine nicmx nicoulaj
nieto nifty nifty-networks nihilist nikhef nim-lang nine-mens-morris ninja-build ninjal nipy nipype nist nitrc nixos njit nlnetlabs
nlohmann nltk nmap nmapsi4 nmsu nncpgo nndev nntb noaa nocrew node-xmpp nodejs nodemailer noekeon nokogiri nom-tam-fits nongnu noone
noping nordugrid northwestern norton nose nosredna notabug notepadqq nothingisreal notionwm notmuchmail notroj nottingham nouveau novell
noxrun npmjs nrepl nschlia nsnam ntop ntplx ntpsec nuand nubakery nubati nuget nukedzn nulib numbertext numixproject numpy nunit nursat
nuspell nuxi nvidia nwchemgit nytimes nzbget o-o-d oasis-open oberhumer objenesis obsession obspm obsproject ocaml ocamlcore ocsigen
ocsinventory-ng octave octomap oddones odelaneau odftoolkit oetiker office365 offis offog ofiwg ofono ogre3d ohai ohler ohse ojalgo olap4j
olasagasti oletus olivevideoeditor olofson omegat omnidb omnievents omnipotent omronsoft omtrdc on2it onedrive onehackoranother onesignal
onionshare onnx onyxbits oocities oops opbyte open open-fcoe open-infrastructure open-iscsi open-mesh open-mpi open-plc open-scap
open-tickr open3d openafs openapis openarena openargus openbgpd openbios openblas openbox openbsd opencascade openchemistry
opencircuitdesign opencity openclipart openclonk opencoarrays opencobra opencollada opencolloids opencolorio opencsg opencv opendap
opendev opendigitalradio opendkim opendns opendnssec openems openexr openfabrics openfoam openfontlibrary openfoundry openfst openfusion
opengl opengribs openh264 openhmd openhpi openigtlink openiked openimageio openinfosecfoundation openjdata openjfx openjpeg openkim
openkinect openlab openlayers openldap openlighting openlinksw openlp openmesh openmopac openmpt openms openmsx openmw openntpd openoffice
openorienteering openoverlayrouter openpaper openprinting openrazer openrefine opensans openscad openscenegraph openshot openslide
opensludge opensmtpd opensourcepartners openssh openssl openstack openstenoproject openstreetmap openstructure opensurge2d opensuse
openswitcher opensymphony opentaal opentip opentk openttd openturns opentype openucx openvdb openvpn openvswitch openvz openwall openwrt
openyahtzee openzim openzwave operationaldynamics opm-project optimizely optuna opus-codec oracle orange orfeo-toolbox orgmode ornl orocos
orthanc-server os-faults osdn osgeo osgi osinside osjava osm2pgsql osmcode osmocom ossp ostatic ostinato oswego otago otfried otsaloma
otto ouroborus ourproject outbrain outflux outilsphysiques outoforder over-yonder overmeer ovirt owasp owfs owlfish owncloud owsiany
oz9aec ozzyboshi p11-glue p4est pacb pacbell pachterlab packagist packer packetsender padl pageabode pagekite pages pagesperso-orange
pagure pajhome palabos palfrader palletsprojects pandoc pandorafms pango pannetrat panthema parabola parallelrealities paranoiacs paratype
paraview parboiled paredit parfive parity parlatype parmed parnass parsedown parser partclone partimage passlib passportjs passt
passwordstore pasteur pathspider pauldreik pauljlucas pault pawsa paypal paypalobjects pbelkner pberndt pbsimg pc-basic pc-tools
pcg-random pcingola pcmdi pcre pdepend pdfgrep pdflabs pdfpc pdfsam pdqi peach pegasoft pegdown pencil2d penguin pengutronix penma pentaho
peoples percederberg percona performous periodictable perl perlig perljax perlmonk persalys persepolisdm pervices pest peter-wiegel
peterlevi pf4j pgadmin pgaudit pgbackrest pgbarman pgbouncer pgbovine pgcli pgfoundry pgmodeler pgpainless pgpool pgrouting pgsphere pgtap
pgxn phabricator pharscape phi-sci phildev philiphazel philippwesche phing phintsan phonopy photofilmstrip photoflare photoqt php-cache
php-fig php-http phpconcept phpdoc phpdox phphttpclient phpinsider phpliteadmin phpmd phpmyadmin phpstan phpsysinfo phpunit phrat
phusionpassenger picocli picocontainer picolisp picturepan2 pidgin pietrobattiston piglit pika pikaday pikvm pinba ping pinguin pinimg
piorekf piotrmurach piperka pipewire pisg pistacheio pistegamez pithos pitivi pitt piumarta pivotfinland pixar pixelbeat pixelmed
pixelspread pixman pjrc pjreddie pkgconf planets plantuml plasmasturm plastimatch play0ad pldaniels pleyades plflib plot plotters-rs
plplot pluggy plugin plume-creator plyer plyvel pm-utils pmacct pmem pmsf pngquant po4a pobox pocoo pocoproject pocsuite podigee poedit
poerschke poez pogo pogostick point-at-infinity pointclouds poissonboltzmann pokerth polesye polhode policyd-weight polip polsl polybar
polygen polymake polyml polyphone-soundfonts polypux ponyorm popper poppler populus porcupine porkrind portablecl portaudio portcullis
portland postcss postfix postfwd postgis postgresql postmarkapp potassco potyra povray povusers powa powercraft powerdns pppl
pr-starfighter praat prabi pradyunsg pragha-music-player pragma-ade prawnpdf pre-commit predictprotein prefetch prelude-siem preludels
premailer presto prevanders princeton privatedns privoxy processing procmail procode profanity-im proftpd progiciels-bpi progress-linux
proj project-gemmi project-moonshot projectlombok projectmallard projectpluto projects prometheus promisejs pronterface proofgeneral proot
propka proselint prosody prototypejs proycon psi-im psi-plus psicode psort pstoedit psychtoolbox psycopg psypanda public public-inbox
publicsuffix pubmatic puc-rio puddletag pugixml puimula pulkomandy pulse-eight pulseaudio puma puppet puppetlabs purdue puredata pureftpd
puri purplefrog pushover pwhois pwmt pwntools pwr-solaar pwsafe pyav pybel pybtex pychess pycqa pycryptodome pydata pydicom pydocstyle
pydoit pydub pyenchant pyepics pyfakefs pygal pygame pygame-zero pyglet pygments pygraphviz pygresql pyicu pyinvoke pyjks pykka pykota
pylonsproject pymatgen pymol pynag pyneo pyopenssl pypa pypdf pypdf2 pypi pypy pyquery pyropus pysolar pyspread pysurfer pytables pytango
pytest python python-cerberus python-excel python-future python-httpx python-hyper python-ldap python-miio python-pillow python-poetry
python-projects python-requests python-rq python-sfml python-telegram-bot python-visualization pythonhosted pythonot pythonpaste pytorch
pyusb pyvisa pyvows pyweek pywps pyx-project pyxplot pyzo qalculate qbittorrent qbnz qcad qcustomplot qelectrotech qemu qfab qgis qhimg
qhull qi-hardware qiime2 qlcplus qlogic qlogo qnapi qosient qqwing qrisk qstopmotion qt-project qtltools qtox qtpass qtrac quad9
quadrantsec quantlib quantserve quantum-espresso quarkline quartz-scheduler quassel-irc quickfixengine quickhack quicklisp quinapalus
quintanasoft quiterss quitte qunitjs quoteunquoteapps qutebrowser qutim qutip quut qwinff r-project rabbit-shocker rabbitmq rabbitvcs rack
racket-lang rackspace radcli radicale radimrehurek radsecproxy rafostar raft rahul rails-assets rakshasa raku rakudo rakuten rambler
ramdajs random-projects randombit ranger raphaeljs raritan rasmol rastersoft rauschig rawtherapee rcsb rdesktop rdf4j rdflib rdicosmo
rdiff-backup rdio rdkit re2c reactive-streams reactivex reactjs reactphp readthedocs real-time realmv6 rebar3 rebelbase recompile red-bean
redberry redeclipse redhat redis redis-py-cluster redis-store redmine rednotebook redux rees refcnt refreshless regina-normal reiner-sct
relax-and-recover relishapp remarkjs remlab remmina remote-exploit renater renderdoc renpy repeatmasker repetier rephial replaygain repmgr
repo reportlab reportmagic repoze reprap reproducible reproducible-builds reprozip repubblica resorama rest-easy restrictedpython retrodev
retrojunkies reuse reuters rexify rfc1149 rfdump rflament rfspace rfxn rg42 rgxg rhinote rho62 rhodesmill ri-li rice rictyfonts rigacci
rillion ring ringlet ripe ripit ripser riverbankcomputing rivescript rkeene rkkda rlcdn rlidwka rlvm rmetrics rmlint rmuller rncbc rnpgp
robertnz robotfindskitten robotology robowiki robtimus robustirc rocha rock-chips rocketcea rocketeer rocketnine rocksdb rodsbooks
roger-ferrer rogoyski roguedaemon roguetemple rohandrape rolamasao roland-riegel rollupjs rometools romuald root-servers rosegardenmusic
ross rossbencina rostlab roundcube routemeister routes routino rowetel rpy2 rr-project rrwick rshadow rsms rsnapshot rspamd rspec rst2pdf
rstudio rsyslog rtfd rtklib rttr rubiconproject ruby-gettext ruby-lang rubybunny rubychan rubyforge rubygems rubygeocoder rubyldap
rubymoney rubyonrails rubyworks ruderich rudeserver ruffus ruma rupert-lane rurban russelllab rust-lang rust-lang-nursery rust-random
rustsec rustwasm rutgers rutschle ryan-roemer rybczak ryerson s2geometry s3tools sablecc sabre sachinchoolur saga-gis sagb sagemath
sailcut sakura salesforce salome-platform salut-a-toi samba sametwice samhuri samsungcloud samtools sandia sane-project sanger
sanger-pathogens santander sapienti-sat sarovar sarrazip saschahlusiak sass sass-lang sasview sat4j saunalahti sawfish saxonica
sayonara-player sbabic sbcl sbml scala-lang scala-sbt scapy scdn schedmd schemaform schismtracker schleuder schmirler schmorp schneegans
scholarsfonts schottelius schrodinger schwardtnet schwarzvogel schweikert scikit-build scikit-image scikit-learn scikit-rf scilab
scim-unikey scintilla scipy scitools scons scorched3d scorecardresearch scott-griffiths scottrobertladd scram-pra scrapy scribery scribus
scripps scrollz scru scummvm scute scymtym sdaoden sdformat sdlbasic seabios seafile seasip seattlerb sebwouters secdev secretsauce
sectigo seebk seehuhn segment sejda select2 selenic seleniumhq selinuxproject semanchuk semicomplete semistable senamirmir sendapatch
sendgrid sendmail sensi sensiolabs sentex sentinelchicken sentry seqan seqanswers sequoia-pgp serde serfdom serpentine servant serverspec
sesse sessink seul sfcgal sfepy sfllaw sfml-dev sgimenez shadowcat shadowsocks shakebuild sharepoint sharkwouter sharplispers shell-storm
shellcheck shellinabox shelr shelxle shibboleth shkenca shlomifish shopify shopifycdn shorewall shotcut shoup shrubbery shumatech
shutter-project shutterstock si6networks siag siber sidekiq sig7 sigala sigil-ebook sigrok sigxcpu silicon-verl siliconandhra silicondust
silicone sillycycle silverjuke silverrainz simgrid simile-widgets simonecarletti simplecodes simpleframework simplejson simplepie
simplesamlphp simtk simutrans sinaimg sinatrarb sindresorhus singpolyma singularity sinonjs sintef sioyek sipcapture sipsolutions siridb
siril sirtobi sisc-scheme sisudoc sitemesh sixlegs sjeng skamphausen skarnet skewed skk-dev skolelinux skoll skrooge skype skypeassets
skywalker13 slack slackb slashdirt slashem slavepianos sleef sleepfiles sleuthkit slf4j slic3r slicot slidesjs slim-lang slime
slimframework slimit slint-ui slony slrn smarden smarie smartmontools smarty smbolton smcameron smlnj smokeping smtube smxi snafu snake
snakemake snapframework snapper snar snarc snarl sncosmo sndio sneklang snmplabs snmptt snort snowballstem snwh sockjs socnetv soft-switch
softcatala softether softwarebakery softwink sogo sogou sollya solvespace sonic-pi sonicvisualiser sophos sophosxl sora sorbs sortablejs
soundconverter soundsoftware sourceforge sourcefoundry sourceware spacepants spacetelescope spamassassin spamhaus sparkasse spatialaudio
spbau spbooth spbu speakeasy speccy spectralib spectromicroscopy speedcrunch speex speicherleck spek speleo speling spellbreaker
spellcheck-ko spglib sphinx-basic-ng sphinx-doc sphinx-gallery spice-space spiegel spiegl spinnaker spinroot splint spockframework
spod-central spotify spring springrts sprng spwhitton spyne sqitch sql-ledger sqlalchemy sqlcipher sqlfluff sqlite sqlitebrowser sqljet
sqlmap sqlobject squeakvm squid-cache squidfunk squidguard sqweek sraoss srombauts sschwarzer sspitzer sssup stackpathcdn stahlke standage
standards stanford stapelberg starlette starlink starplot starship staticfreesoft statsmodels statsvn stderr steamcommunity steampowered
steamstatic stearns stebalien stedee stella-emu stellarium stephanmahieu stephe-leake stetl steve stfuawsc stimfit stixfonts
stockfishchess stolk storm-lang strace strangesoft strawberrymusicplayer strawlab streamlink streamnik stringtemplate stripe strlen
strongswan strophe structlog structure stsci stumpwm stunnel stutzbachenterprises stuvel styblo subdivi subforge subuser suckless sudhanwa
sudo sugarlabs suitesparse sukria sunnyspot sunpy sup-heliotrope supercollider supertux supertuxkart supervisord surbl surina survex suso
susqu sven-ola svi-opensource svnkit svxlink swaj swapoff swarthmore swaywm sweb swecha sweethome3d swi-prolog swig swtchart symantec
symas symcb symcd symfony sympa sympy syncevolution syncplay syncthing synfig synthesis sysdig syslinux syslog-ng system-tools-backends
systemd tableprintgem tablib tablix taboola taglib tahoe-lafs taku910 talp tamu tangentsoft tango tango-controls tangramgames tanukifont
tanukisoftware taptempo taranis tarantool target tari tarsnap tartanllama taskjuggler tasktools taskwarrior taurus-scada tcoffee tcpdf
tcpdump tcptrace tcsh tddft tdiary tdom techfirm techno-innov tecnocode teel teeworlds tegaki teilar telegram telenet telepathy
tellico-project tencent terminatorx terralib terryburton terser test-unit testng testssl tetgen teuniz teuton texstudio textext textx tgac
thai thamizha thanlwinsoft thathost thecoccinella thedigitalmachine thednp thefreecat thefreecountry thegpm thekelleys thelambdalab
theleagueofmoveabletype thelifeofkenneth themediahost theologeek theora thephpleague thermofisher theseus3d thessalonica theunarchiver
thewalter theyamo thibault thinc thingiverse think-async thomas-holder thomasjensen thomasoandrews thomasokken thomer thonny
thrallingpenguin threadingbuildingblocks threedubmedia threejs threeten thregr thrysoee thunderbird tiangolo tianocore tibetangeeks ticalc
tician tidalcycles tideways tigervnc tightvnc tigr tigris tihlde tikzit tildegit tildeslash tilemaker timbrechbill timday time-rs timeago
timewarrior timvisee tinc-vpn tinycc tinymux tinyproxy tipp10 titech tiwe tjjr tkashkin tkgate tlbp tldp tlrmx tmate tmux tn123 tnik
tntnet toastfreeware toastrjs tobias-elze tobw toby todotxt togaware tokio tomasu tomayko tombaran tomszilagyi torcs tordini tornadoweb
torproject torquebox torrus torsion tortall tortoisehg toxygen trackballs trafficmanager trailing-edge transdecoder translatehouse
transmissionbt tratt traverso-daw travis-analyzer travistidwell tree-puzzle tree-sitter tremily trendmicro trentrichardson trexler
trilinos trimage tripadvisor triplea-game triplespark triq tritonus troglobit troydhanson trueelena truelite trufont trust-dns
trusteddomain trustedfirmware trypyramid tryton tset tslib tt-rss tty-share ttytoolkit tu-berlin tu-bs tu-chemnitz tu-dresden tu-ilmenau
tufts tukaani tulrich tumblr tuned-project turingapp tutorialzine tuwien tuxguitar tuxick tvdr twanvl tweegy tweepy tweetnacl twibright
twilightedge twimg twistedmatrix twitter twobarleycorns twolame twospy tyil typekit typerex typescriptlang tzinfo u-aizu u-bordeaux
u-bourgogne u-strasbg u-tokyo ualberta uber ubss ubuntubudgie ucar uceprotect uchicago uchile ucis ucla uclibc-ng uclouvain ucolick ucsd
udo-open-source udo-richter ueber ufoai ufoot ugetdm uhoreg uhub uiuc ujf-grenoble ukij ukoethe ukui ulaval ulduzsoft ultraauth umich
uminho umiushi umontreal umoria unbescape unbit unbound unburden-home-dir uncommons undef underbit underscorejs unhide-forensics
uni-bayreuth uni-bielefeld uni-bremen uni-due uni-freiburg uni-greifswald uni-hamburg uni-heidelberg uni-kl uni-leipzig uni-linz
uni-magdeburg uni-mannheim uni-muenchen uni-osnabrueck uni-paderborn uni-stuttgart uni-tuebingen unibo unicamp unicap-imaging unicode
unicom unicorn unicorn-engine unidata unifi unifoundry unihedron unimi unina union unipi unipr unirest uniroma1 unito univ-grenoble-alpes
univ-lyon1 univ-mlv univ-montp2 univ-mrs univ-paris-diderot univ-poitiers univocity unix-ag unix4lyfe unixodbc unixpapa unixsol unixuser
unknown-horizons unpkg untra untroubled unwrongest uoregon upatras upenn uplex upower upsetplot urbanophile uribl urjtag urwid usadellab
usbguard uscilab usebox usemod usenix user42 usermode usertrust usna utah utelle utexas utox uvigo uwabami uwaterloo uwsgi-docs vagrantup
valentinaproject valgrind validator validns vamp-plugins vanderbilt vanhemert vanheusden varnish-cache vavr vcftools vdr-developer vector
vectorcamp venaas vercel vergenet veripool verisign verou veusz veyon vgough vi-hps viacam vicbioinformatics victornils videolan vifm
villemain vincefn virgil3d virginia viric virt-manager virtualenvwrapper virtualsquare virustotal visa visidata vispy visq vistrails
visualvm vitables vitsch vlfeat vmatch vmime vobcopy voidspace volkoh volle-kraft-voraus vollkorn-typeface voltaicideas votca votoxin
vowsjs vrplumber vtwm vu1tur vuxu w1hkj w3shaman waffle wagner waider waikato walmart walterdejong wammu wand wannier wasabiapp wasabisys
waseda washington washingtonpost wavpack wayfire wayland weasel weasyprint web-mode webcamoid webd webdav webjars webkitgtk weblate
webmproject webob webonastick webpack webpy webthing wedesoft weechat weibo weiss-archiv weitz weizhongli-lab weizmann welle wellesley
wellsfargo welz wenq wesnoth wfview whatisthor whatsapp whence whitedb whitequark whoozle wide widelands wiee wieers wiimm wiki
wiki2beamer wikia wikibooks wikidot wikimedia wikipedia wildfly wildsparx willhackforsushi williballenthin willuhn willus wimlib wimsedu
wincent windowmaker windowsupdate winehq winfield wings3d winimage wipetools wiredtiger wireguard wireshark wiretrip wisc wizznic wjwwood
wkhtmltopdf wmcbrine wolfermann wolfssl woong woowahan wordpress workrave wpewebkit wpitchoune wrengr wtfismyip wummel wustl
wxmaxima-developers wxpython wxwidgets wz2100 x-stream x10host x265 x2go x42-plugins xach xael xandikos xaos-project xapian xastir xbill
xbmc xboxdrv xboxlive xcfa xcrysden xdebug xdelta xdmf xdobry xdomain xelerance xemacs xen-tools xenproject xevil xfce xgboost xilinx
xindy xiph xiphos xjack xkbcommon xm1math xmailserver xml4r xmlsoft xmltv xmlunit xmonad xmoto xmpp4r xneur xome xotcl xp-dev xplot xpra
xraypy xrdp xrea xrootd xs4all xscorch xsisqox xskat xtec xtermjs xtreemhost xtrkcad xuxen xvid xvrqt xware xwax xzlab yabasic yabause
yade-dem yadifa yafc-ftp yahoo yahooapis yahoodns yale yaml yandex yanone yardoc yargs yarp yatex yattag ycm-core yersinia yesodweb ygrek
yhbt yimg ylsoftware ymorin yo2loj yoctoproject yokadi yorgalily yorhel york yoshidam youtube yt-project ytdl-org ytimg yubico yudit
yuggoth yuilibrary yuma123 yuzu-emu zabbix zabuchy zacharydovel zakalwe zalando zapb zash zdomain zealdocs zeek zegrapher zeit zeitgeist
zen-tools zendesk zenspider zenvoid zero-based zeroc zerodogg zeroflux zeromq zetacomponents zeusbox zevv zezula zim-wiki zincube zirael
zircon zlib zmap zmatt zoggy zonedstorage zonemaster zoneminder zoom zoph ztex zucic zurb zwizwa zx2c4 zydis
]]
